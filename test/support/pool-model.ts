import type { PoolTx } from './pool-ledger.ts'

/** Bounds of the model, named as the pool's. */
export interface ModelLimits { readonly maxCount: number, readonly maxBytes: number, readonly perSender: number, readonly maxGaps: number, readonly ttlMs: number }

interface Held extends Required<PoolTx> { readonly arrival: number, readonly addedAt: number }

/** The pool's rules written down plainly: one list, every question answered by looking through all of it. */
export class PoolModel {
  readonly #max: ModelLimits
  readonly next = new Map<number, bigint>()
  held: Held[] = []
  /** Senders with a transaction behind a gap, in the order in which that came about. */
  #gapped: number[] = []
  #arrivals = 0
  #lastSweep = 0

  constructor (limits: ModelLimits, now: number) {
    this.#max = limits
    this.#lastSweep = now
  }

  get bytes (): number { return this.held.reduce((sum, { size }) => sum + size + 8, 0) }
  get gaps (): number { return this.held.length - this.#senders().reduce((sum, sender) => sum + this.#run(sender).length, 0) }

  /** What `Mempool.add` answers: a status, a rule, or a code. */
  add (tx: Required<PoolTx>, now: number): string {
    this.sweep(now)
    const { sender, nonce, fee, energyUsed, priority, salt } = tx
    if (this.held.some(one => one.sender === sender && one.nonce === nonce && one.fee === fee && one.energyUsed === energyUsed && one.priority === priority && one.salt === salt)) return 'known'
    const next = this.#next(sender)
    if (nonce < next) return 'nonce'
    if (nonce >= next + BigInt(this.#max.perSender)) return 'nonce-gap'
    const rival = this.held.find(one => one.sender === sender && one.nonce === nonce)
    const bump = rival === undefined ? 0n : rival.fee / 10n
    if (rival !== undefined && fee < rival.fee + (bump > 1n ? bump : 1n)) return 'replacement'
    const waits = nonce > next + BigInt(this.#run(sender).length)
    if (waits && rival === undefined && this.gaps >= this.#max.maxGaps) return 'MEMPOOL_FULL'
    const entry: Held = { ...tx, arrival: this.#arrivals++, addedAt: now }
    if (rival !== undefined) this.#drop(rival)
    if (!this.#makeRoom(entry, waits)) {
      if (rival !== undefined) this.#put(rival)
      return 'MEMPOOL_FULL'
    }
    this.#put(entry)
    return waits ? 'queued' : rival === undefined ? 'added' : 'replaced'
  }

  take (maxBytes: number, maxCount: number): string[] {
    const runs = this.#senders().map(sender => this.#run(sender)).filter(run => run.length > 0)
    const taken: string[] = []
    let room = maxBytes
    while (runs.length > 0 && taken.length < maxCount) {
      const best = runs.reduce((a, b) => worthMore(a[0] as Held, b[0] as Held) ? a : b)
      const head = best.shift() as Held
      const fits = head.size + 8 <= room
      if (!fits || best.length === 0) runs.splice(runs.indexOf(best), 1)
      if (!fits) continue
      room -= head.size + 8
      taken.push(`${head.sender}:${head.nonce}:${head.fee}`)
    }
    return taken
  }

  /** A block took the sender's next nonce. */
  mined (sender: number): void {
    const next = this.#next(sender) + 1n
    this.next.set(sender, next)
    for (const entry of this.held.filter(one => one.sender === sender && one.nonce < next)) this.#drop(entry)
    this.#recount(sender)
  }

  /** A look at the clock, at most once in a tenth of the time to live. */
  sweep (now: number): void {
    if (now - this.#lastSweep < this.#max.ttlMs / 10) return
    this.#lastSweep = now
    for (const entry of this.held.filter(({ addedAt }) => now - addedAt >= this.#max.ttlMs)) this.#drop(entry)
  }

  #makeRoom (entry: Held, waits: boolean): boolean {
    const gone: Held[] = []
    while (this.held.length + 1 > this.#max.maxCount || this.bytes + entry.size + 8 > this.#max.maxBytes) {
      const behindGap = this.#gapped.find(sender => sender !== entry.sender)
      const tails = this.#senders().filter(sender => sender !== entry.sender).map(sender => this.#tail(sender))
      const worst = tails.length === 0 ? undefined : tails.reduce((a, b) => worthMore(a, b) ? b : a)
      const victim = waits || entry.size + 8 > this.#max.maxBytes ? undefined : behindGap === undefined ? worst : this.#tail(behindGap)
      if (victim === undefined || (behindGap === undefined && !worthMore(entry, victim))) {
        for (const one of gone.toReversed()) this.#put(one)
        return false
      }
      this.#drop(victim)
      gone.push(victim)
    }
    return true
  }

  #next (sender: number): bigint { return this.next.get(sender) ?? 0n }
  #senders (): number[] { return [...new Set(this.held.map(({ sender }) => sender))] }
  #tail (sender: number): Held { return this.held.filter(one => one.sender === sender).reduce((a, b) => a.nonce > b.nonce ? a : b) }
  #run (sender: number): Held[] {
    const run: Held[] = []
    const at = (nonce: bigint): Held | undefined => this.held.find(one => one.sender === sender && one.nonce === nonce)
    for (let entry = at(this.#next(sender)); entry !== undefined; entry = at(entry.nonce + 1n)) run.push(entry)
    return run
  }

  #put (entry: Held): void {
    this.held.push(entry)
    this.#recount(entry.sender)
  }

  #drop (entry: Held): void {
    this.held = this.held.filter(one => one !== entry)
    this.#recount(entry.sender)
  }

  #recount (sender: number): void {
    const waiting = this.held.filter(one => one.sender === sender).length - this.#run(sender).length
    if (waiting === 0) this.#gapped = this.#gapped.filter(one => one !== sender)
    else if (!this.#gapped.includes(sender)) this.#gapped.push(sender)
  }
}

/** Paid first, then priority, fee per byte, energy per byte, age. */
function worthMore (a: Held, b: Held): boolean {
  const worth = ({ fee, energyUsed, priority, size, arrival }: Held): number[] =>
    [fee + energyUsed > 0n ? 1 : 0, priority, Number(fee) / size, Number(energyUsed) / size, -arrival]
  const [left, right] = [worth(a), worth(b)]
  const differs = left.findIndex((value, i) => value !== right[i])
  return differs !== -1 && (left[differs] as number) > (right[differs] as number)
}
