import { setImmediate as nextTurn } from 'node:timers/promises'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Clock } from '../clock.ts'
import { createHeap } from './heap.ts'
import type { Ledger, LedgerEvents } from '../ledger.ts'
import { MEMPOOL_DEFAULTS } from './limits.ts'
import type { MempoolLimits } from './limits.ts'
import { checkNonce, checkReplacement } from './nonces.ts'
import { compareWorth, rankOf } from './order.ts'
import { abandonedBlocks } from './abandoned-blocks.ts'
import { isFull, makeRoom } from './room.ts'
import { runLength, spent } from './senders.ts'
import type { PoolTransaction } from './senders.ts'
import { createPoolStore, poolBytes } from './pool-store.ts'

export type { MempoolLimits } from './limits.ts'

/** What the pool needs from outside. */
export interface MempoolDeps {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly limits?: MempoolLimits
  /** Told when the transactions of an abandoned branch could not be read back. */
  readonly onError?: (error: unknown) => void
}

/** `queued`: valid, but an earlier nonce of its sender is not here yet. */
export interface PoolAdded {
  readonly status: 'added' | 'replaced' | 'queued' | 'known'
  readonly id: Uint8Array
}

/** Unconfirmed transactions, bounded, in the order a miner wants them. */
export interface Mempool {
  readonly size: number
  readonly bytes: number
  /** Throws `INVALID_TRANSACTION` (`details.rule`: the ledger's, or `nonce`, `nonce-gap`, `replacement`) or `MEMPOOL_FULL`. */
  add (data: Uint8Array): PoolAdded
  has (id: Uint8Array): boolean
  get (id: Uint8Array): PoolTransaction | undefined
  /** The best transactions for a block, each sender's in nonce order, up to `maxBytes` (8 more counted for each) and `maxCount`. */
  take (maxBytes: number, maxCount: number): PoolTransaction[]
  /** The nonce of the sender's next transaction, those that wait here included. */
  nextNonce (sender: Uint8Array): bigint
  /** Resolves when the transactions of abandoned branches are back. */
  settled (): Promise<void>
  dump (): Record<string, number>
  /** Lets go of the ledger and waits for what is under way. */
  close (): Promise<void>
}

/** Signatures checked before the loop gets a turn, when a branch comes back. */
const RETURN_BATCH = 50

/** Creates the pool over `ledger` and follows its tip: what a block took goes, what a reorganisation freed comes back. */
export function createMempool ({ ledger, clock, limits = {}, onError = () => {} }: MempoolDeps): Mempool {
  const max = { ...MEMPOOL_DEFAULTS, ...limits }
  const store = createPoolStore(ledger)
  const counts = { evicted: 0, expired: 0, replaced: 0, returned: 0 }
  let arrivals = 0
  // the tip moved since the pool last looked at every sender
  let stale = false
  let closed = false
  // the tip before the next `tip` event: where an abandoned branch ends
  let tip = ledger.tip().hash
  // branches come back one after the other, each oldest block first, so that nonces follow
  let returning: Promise<void> = Promise.resolve()
  let lastSweep = clock.now()

  const sweep = (): void => {
    const now = clock.now()
    // one pass per tenth of the time to live keeps the cost of an `add` flat
    if (now - lastSweep < max.ttlMs / 10) return
    lastSweep = now
    for (const entry of store.byId.values()) {
      if (now - entry.addedAt < max.ttlMs) continue
      store.remove(entry)
      counts.expired++
    }
  }
  const dropSpent = (senderKey: string): void => {
    const sender = store.senders.get(senderKey)
    if (sender === undefined) return
    for (const entry of spent(sender, ledger)) store.remove(entry)
    store.recount(senderKey)
  }
  // deferred to the next look at the whole pool: a sync of thousands of blocks must not scan it for each of them
  const refresh = (): void => {
    sweep()
    if (!stale) return
    stale = false
    for (const key of store.senders.keys()) dropSpent(key)
  }

  const add = (data: Uint8Array): PoolAdded => {
    sweep()
    const tx = ledger.checkTransaction(data)
    const key = toHex(tx.id)
    if (store.byId.has(key)) return { status: 'known', id: tx.id }
    const senderKey = toHex(tx.sender)
    dropSpent(senderKey)
    const sender = store.senders.get(senderKey)
    const next = ledger.nextNonce(tx.sender)
    const replaced = sender?.byNonce.get(tx.nonce)
    checkNonce(tx.nonce, next, max.perSender)
    if (replaced !== undefined) checkReplacement(tx.fee, replaced.fee, max.replaceBumpPercent)
    const waits = tx.nonce > next + BigInt(sender === undefined ? 0 : runLength(sender, next))
    if (waits && replaced === undefined && store.gaps >= max.maxGaps) throw new TosError('MEMPOOL_FULL', `${store.gaps} transactions wait for an earlier nonce already`)

    // copies of its own: the bytes are a view into a network buffer that may be megabytes long
    const entry: PoolTransaction = {
      ...tx, ...rankOf(tx, data.length, arrivals++), id: tx.id.slice(), sender: tx.sender.slice(), data: data.slice(), key, senderKey, addedAt: clock.now()
    }
    // what blocks have taken meanwhile is room for nothing
    if (isFull(store, entry, max)) refresh()
    if (replaced !== undefined) store.remove(replaced)
    try {
      counts.evicted += makeRoom(store, entry, max, waits)
    } catch (error) {
      if (replaced !== undefined) store.insert(replaced)
      throw error
    }
    store.insert(entry)
    if (replaced !== undefined) counts.replaced++
    return { status: waits ? 'queued' : replaced === undefined ? 'added' : 'replaced', id: entry.id }
  }

  const take = (maxBytes: number, maxCount: number): PoolTransaction[] => {
    refresh()
    // only the next nonce of each sender can be mined; taking it brings its follower into play
    const heads = createHeap<PoolTransaction>((a, b) => compareWorth(a, b) < 0)
    for (const { sender, byNonce } of store.senders.values()) {
      const head = byNonce.get(ledger.nextNonce(sender))
      if (head !== undefined) heads.push(head)
    }
    const taken: PoolTransaction[] = []
    let room = maxBytes
    for (let entry = heads.pop(); entry !== undefined && taken.length < maxCount; entry = heads.pop()) {
      // what does not fit ends its sender's turn: a later nonce is worth nothing without it
      if (poolBytes(entry) > room) continue
      room -= poolBytes(entry)
      taken.push(entry)
      const follower = store.senders.get(entry.senderKey)?.byNonce.get(entry.nonce + 1n)
      if (follower !== undefined) heads.push(follower)
    }
    return taken
  }

  const giveBack = async (blocks: readonly Uint8Array[]): Promise<void> => {
    let checked = 0
    for (const hash of blocks) {
      for (const data of (await ledger.block(hash))?.transactions ?? []) {
        if (closed) return
        if (tryAdd(add, data)) counts.returned++
        if (++checked % RETURN_BATCH === 0) await nextTurn()
      }
    }
  }
  const onTip = ({ detail }: LedgerEvents['tip']): void => {
    stale = true
    // read in the handler itself: by the time a promise runs the tip may have moved again
    const left = tip
    tip = detail.tip.hash
    if (detail.reorganised === 0) return
    const blocks = abandonedBlocks(ledger, left, detail.reorganised)
    returning = returning.then(() => giveBack(blocks)).catch(onError)
  }
  ledger.addEventListener('tip', onTip)

  return {
    get size () { refresh(); return store.byId.size },
    get bytes () { refresh(); return store.bytes },
    add,
    has: id => store.byId.has(toHex(id)),
    get: id => store.byId.get(toHex(id)),
    take,
    nextNonce (sender) {
      const next = ledger.nextNonce(sender)
      const held = store.senders.get(toHex(sender))
      return held === undefined ? next : next + BigInt(runLength(held, next))
    },
    settled: () => returning,
    dump () {
      refresh()
      return { transactions: store.byId.size, bytes: store.bytes, senders: store.senders.size, gaps: store.gaps, ...counts }
    },
    close () {
      closed = true
      ledger.removeEventListener('tip', onTip)
      return returning
    }
  }
}

/** True when `data` is in the pool again; one that is used, replaced or outbid by now stays out. */
function tryAdd (add: (data: Uint8Array) => PoolAdded, data: Uint8Array): boolean {
  try {
    return add(data).status !== 'known'
  } catch (error) {
    if (error instanceof TosError && (error.code === 'INVALID_TRANSACTION' || error.code === 'MEMPOOL_FULL')) return false
    throw error
  }
}
