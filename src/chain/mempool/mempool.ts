import { setImmediate as nextTurn } from 'node:timers/promises'
import { TosError } from '../../errors/index.ts'
import type { Clock } from '../clock.ts'
import { createHeap } from './heap.ts'
import type { Ledger, LedgerEvents } from '../ledger.ts'
import { MEMPOOL_DEFAULTS } from './limits.ts'
import type { MempoolLimits } from './limits.ts'
import { checkNonce, checkReplacement } from './nonces.ts'
import { keepBytes, offerOf } from './offer.ts'
import { compareWorth } from './order.ts'
import { createAdmission } from './admission.ts'
import { abandonedBlocks } from './abandoned-blocks.ts'
import { checkRoom, isFull, makeRoom } from './room.ts'
import { nameOf, runLength, spent, withNonce } from './senders.ts'
import type { PoolTransaction, Sender } from './senders.ts'
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
  /**
   * At once, the signature checked in place: for transactions of this node's own. Throws `INVALID_TRANSACTION` (`details.rule`: the ledger's, or
   * `nonce`, `nonce-gap`, `replacement`) or `MEMPOOL_FULL`.
   */
  add (data: Uint8Array): PoolAdded
  /**
   * For transactions of others: what needs no signature is checked first, then the signature off the event loop; they enter in the order of
   * the calls. Rejects like `add`, or with `BUSY` when too many wait, `NODE_STOPPED` when the pool is closed, `INTERNAL` when a worker died.
   */
  admit (data: Uint8Array): Promise<PoolAdded>
  /** `admit` for a whole list, in its order, no faster than signatures are checked; one result for each. */
  addAll (list: readonly Uint8Array[]): Promise<Array<PromiseSettledResult<PoolAdded>>>
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

/** Transactions of one list on their way at once. */
const WINDOW = 512

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
    const next = ledger.nextNonce(sender.sender)
    if (next === sender.next) return
    for (const entry of spent(sender, next)) store.remove(entry)
    store.recount(senderKey)
  }
  // deferred to the next look at the whole pool: a sync of thousands of blocks must not scan it for each of them
  const refresh = (): void => {
    sweep()
    if (!stale) return
    stale = false
    for (const key of store.senders.keys()) dropSpent(key)
  }

  /** Throws what the sender's other transactions, here and in the chain, have against this one; gives the one it would replace. */
  const examine = ({ sender, senderKey, nonce, fee }: PoolTransaction): PoolTransaction | undefined => {
    dropSpent(senderKey)
    checkNonce(nonce, ledger.nextNonce(sender), max.perSender)
    const held = store.senders.get(senderKey)
    const replaced = held === undefined ? undefined : withNonce(held, nonce)
    if (replaced !== undefined) checkReplacement(fee, replaced.fee, max.replaceBumpPercent)
    return replaced
  }
  /** Everything that needs no signature, cheapest first; `known` is the id of one that is held. All of it but the form is looked at again in `place`. */
  const consider = (data: Uint8Array): PoolTransaction | { readonly known: Uint8Array } => {
    sweep()
    const tx = ledger.readTransaction(data)
    const key = nameOf(tx.id)
    if (store.byId.has(key)) return { known: tx.id }
    const sender = store.senders.get(nameOf(tx.sender))
    const offer = offerOf(tx, key, sender, arrivals++, clock.now())
    const replaced = examine(offer)
    // what blocks have taken meanwhile is room for nothing
    if (isFull(store, offer, max)) refresh()
    if (replaced === undefined) checkRoom(store, offer, max)
    return keepBytes(offer, sender)
  }
  const place = (entry: PoolTransaction): PoolAdded => {
    const { id, key, sender: senderId, senderKey, nonce } = entry
    if (store.byId.has(key)) return { status: 'known', id }
    const replaced = examine(entry)
    const sender = store.senders.get(senderKey)
    const next = ledger.nextNonce(senderId)
    const waits = nonce > next + BigInt(sender === undefined ? 0 : runLength(sender, next))
    if (waits && replaced === undefined && store.gaps >= max.maxGaps) throw new TosError('MEMPOOL_FULL', `${store.gaps} transactions wait for an earlier nonce already`)
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
    return { status: waits ? 'queued' : replaced === undefined ? 'added' : 'replaced', id }
  }
  const add = (data: Uint8Array): PoolAdded => {
    const entry = consider(data)
    if ('known' in entry) return { status: 'known', id: entry.known }
    ledger.verifyTransaction(entry)
    return place(entry)
  }
  const admission = createAdmission({ verify: entries => ledger.verifyTransactions(entries), place, maxPending: max.maxPending, maxPendingBytes: max.maxPendingBytes })
  const admit = async (data: Uint8Array): Promise<PoolAdded> => {
    const entry = consider(data)
    return 'known' in entry ? { status: 'known', id: entry.known } : admission.enter(entry)
  }
  const addAll = async (list: readonly Uint8Array[]): Promise<Array<PromiseSettledResult<PoolAdded>>> => {
    const results: Array<Promise<PromiseSettledResult<PoolAdded>>> = []
    for (const [i, data] of list.entries()) {
      if (i >= WINDOW) await results[i - WINDOW]
      // a list of which nothing needs a signature would keep the loop for itself
      if (i % WINDOW === WINDOW - 1) await nextTurn()
      results.push(admit(data).then(value => ({ status: 'fulfilled', value }), (reason: unknown) => ({ status: 'rejected', reason })))
    }
    return Promise.all(results)
  }

  const take = (maxBytes: number, maxCount: number): PoolTransaction[] => {
    refresh()
    // only the next nonce of each sender can be mined; taking it brings its follower into play
    const heads = createHeap<PoolTransaction>((a, b) => compareWorth(a, b) < 0)
    for (const sender of store.senders.values()) {
      const head = withNonce(sender, ledger.nextNonce(sender.sender))
      if (head !== undefined) heads.push(head)
    }
    const taken: PoolTransaction[] = []
    let room = maxBytes
    for (let entry = heads.pop(); entry !== undefined && taken.length < maxCount; entry = heads.pop()) {
      // what does not fit ends its sender's turn: a later nonce is worth nothing without it
      if (poolBytes(entry) > room) continue
      room -= poolBytes(entry)
      taken.push(entry)
      const follower = withNonce(store.senders.get(entry.senderKey) as Sender, entry.nonce + 1n)
      if (follower !== undefined) heads.push(follower)
    }
    return taken
  }

  const giveBack = async (blocks: readonly Uint8Array[]): Promise<void> => {
    for (const hash of blocks) {
      for (const result of await addAll((await ledger.block(hash))?.transactions ?? [])) {
        // one that is used, replaced or outbid by now stays out
        if (result.status === 'fulfilled' && result.value.status !== 'known') counts.returned++
        else if (result.status === 'rejected' && !isRefusal(result.reason) && !closed) onError(result.reason)
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
    admit,
    addAll,
    has: id => store.byId.has(nameOf(id)),
    get: id => store.byId.get(nameOf(id)),
    take,
    nextNonce (sender) {
      const next = ledger.nextNonce(sender)
      const held = store.senders.get(nameOf(sender))
      return held === undefined ? next : next + BigInt(runLength(held, next))
    },
    settled: () => returning,
    dump () {
      refresh()
      return { transactions: store.byId.size, bytes: store.bytes, senders: store.senders.size, gaps: store.gaps, pending: admission.size, pendingBytes: admission.bytes, ...counts }
    },
    close () {
      closed = true
      admission.close()
      ledger.removeEventListener('tip', onTip)
      return returning
    }
  }
}

/** True when a transaction was turned away by a rule, and not by a fault. */
export function isRefusal (error: unknown): error is TosError {
  return error instanceof TosError && (error.code === 'INVALID_TRANSACTION' || error.code === 'MEMPOOL_FULL')
}
