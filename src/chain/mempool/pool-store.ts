import { createHeap } from './heap.ts'
import type { Ledger } from '../ledger.ts'
import { compareWorth } from './order.ts'
import { enter, leave, runLength, tailOf } from './senders.ts'
import type { PoolTransaction, Sender } from './senders.ts'

/** The pool's books: entries by id and by sender, and the sums over them. Holds no policy. */
export interface PoolStore {
  readonly byId: Map<string, PoolTransaction>
  readonly senders: Map<string, Sender>
  readonly bytes: number
  /** Entries that wait for an earlier nonce. */
  readonly gaps: number
  /** The caller has made room and checked that the nonce is free. */
  insert (entry: PoolTransaction): void
  /** Does nothing when the entry has gone already. */
  remove (entry: PoolTransaction): void
  /** Counts a sender's gaps anew; needed when the chain moved its nonce. */
  recount (senderKey: string): void
  /** The entry to give up first, never of `sparedKey`: one that waits behind a gap, else the least worth of all senders' last ones. */
  worst (sparedKey: string): Victim | undefined
}

/** An entry that may have to go; `waits`: it stands behind a gap. */
export interface Victim { readonly entry: PoolTransaction, readonly waits: boolean }

/** Bytes an entry counts for: its data and the length before it on the wire. */
export function poolBytes ({ data }: { readonly data: Uint8Array }): number {
  return data.length + 8
}

/** `ledger` only tells where each sender's nonces begin. */
export function createPoolStore (ledger: Ledger): PoolStore {
  const byId = new Map<string, PoolTransaction>()
  const senders = new Map<string, Sender>()
  // senders with at least one entry behind a gap, in the order in which that came about
  const gapped = new Set<string>()
  // Evicting a sender's last nonce strands nothing, so only these are candidates. The heap may hold entries that are no longer last.
  let tails = createHeap<PoolTransaction>(worseFirst)
  let bytes = 0
  let gaps = 0

  const recount = (key: string): void => {
    const sender = senders.get(key)
    if (sender === undefined) return
    sender.next = ledger.nextNonce(sender.sender)
    const now = sender.entries.length - runLength(sender, sender.next)
    gaps += now - sender.gaps
    sender.gaps = now
    if (now > 0) gapped.add(key)
    else gapped.delete(key)
  }
  const isTail = (entry: PoolTransaction): boolean => {
    const sender = senders.get(entry.senderKey)
    return byId.get(entry.key) === entry && sender !== undefined && tailOf(sender) === entry
  }
  // entries that stopped being a tail stay in the heap until they surface; rebuild it before they outnumber the live ones
  const pushTail = (entry: PoolTransaction): void => {
    if (tails.size > byId.size * 2 + 256) tails = createHeap(worseFirst, [...senders.values()].flatMap(sender => tailOf(sender) ?? []))
    tails.push(entry)
  }
  /** Leaves the heap as it was, but for outdated entries that came up. */
  const worstTail = (sparedKey: string): PoolTransaction | undefined => {
    const spared: PoolTransaction[] = []
    let entry = tails.peek()
    while (entry !== undefined && (!isTail(entry) || entry.senderKey === sparedKey)) {
      tails.pop()
      if (isTail(entry)) spared.push(entry)
      entry = tails.peek()
    }
    for (const live of spared) tails.push(live)
    return entry
  }
  return {
    byId,
    senders,
    get bytes () { return bytes },
    get gaps () { return gaps },
    recount,
    insert (entry) {
      let sender = senders.get(entry.senderKey)
      if (sender === undefined) {
        // an array literal has room for one, which is all that most senders need
        sender = { sender: entry.sender, key: entry.senderKey, entries: [entry], gaps: 0, next: 0n }
        senders.set(entry.senderKey, sender)
      } else {
        enter(sender, entry)
      }
      byId.set(entry.key, entry)
      bytes += poolBytes(entry)
      recount(entry.senderKey)
      if (tailOf(sender) === entry) pushTail(entry)
    },
    remove (entry) {
      const sender = senders.get(entry.senderKey)
      if (sender === undefined || !byId.delete(entry.key)) return
      bytes -= poolBytes(entry)
      leave(sender, entry)
      recount(entry.senderKey)
      const tail = tailOf(sender)
      if (tail === undefined) senders.delete(entry.senderKey)
      else pushTail(tail)
    },
    worst (sparedKey) {
      // what cannot be mined is worth less than anything that can
      for (const key of gapped) {
        const tail = key === sparedKey ? undefined : tailOf(senders.get(key) as Sender)
        if (tail !== undefined) return { entry: tail, waits: true }
      }
      const entry = worstTail(sparedKey)
      return entry === undefined ? undefined : { entry, waits: false }
    }
  }
}

/** The order of eviction: the reverse of that of templates. */
function worseFirst (a: PoolTransaction, b: PoolTransaction): boolean {
  return compareWorth(a, b) > 0
}
