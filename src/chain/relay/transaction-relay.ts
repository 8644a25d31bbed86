import { LRUCache } from 'lru-cache'
import type { TxAnnounce } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { Verdict } from '../../protocol/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Announcer, Penalise, TransactionClient } from '../clients.ts'
import type { Clock } from '../clock.ts'
import { createAnnouncementRecord } from './announcement-record.ts'
import { createFetchPool } from './fetch-pool.ts'
import type { Attempt, FetchLimits } from './fetch-pool.ts'
import type { Ledger, LedgerTransaction } from '../ledger.ts'
import { isRefusal } from '../mempool/mempool.ts'
import type { Mempool, PoolAdded } from '../mempool/mempool.ts'

/** What the relay needs from outside. Callbacks must not throw. */
export interface TransactionRelayDeps {
  readonly ledger: Ledger
  readonly mempool: Mempool
  readonly client: TransactionClient
  readonly clock: Clock
  /** Session peers that subscribe to the topic, best first. */
  readonly others: () => readonly string[]
  readonly announcer: Pick<Announcer, 'transaction'>
  readonly penalise?: Penalise
  readonly onError?: (error: unknown) => void
  readonly limits?: FetchLimits
}

/** Announce, fetch, verify, pool (WIRE.md §3). */
export interface TransactionRelay {
  /**
   * One that is held, or was turned away, costs nothing. `alsoFrom`: who has sent the same announcement since. Settles within the fetch limits' `giveUpMs` (5 s), as `ignore` soon after `signal` fires.
   */
  validate (announce: TxAnnounce, from: string, signal?: AbortSignal, alsoFrom?: () => readonly string[]): Promise<Verdict>
  /** Pools a transaction of this node's own and announces it when it was not there yet. Throws what `Mempool.add` throws. */
  submit (data: Uint8Array): Promise<PoolAdded>
  dump (): Record<string, number>
  stop (): void
}

/** The part of a transaction that its announcement repeats. */
type Announced = Pick<LedgerTransaction, 'fee' | 'priority' | 'privacyLevel' | 'energyUsed'>

/** Transactions that were fetched and turned away are not fetched again for each variant of their announcement. */
const TURNED_AWAY = 4096
/** For so long: the pool may have a place for it later. */
const TURNED_AWAY_MS = 30_000

/**
 * A transaction that waits for an earlier nonce is passed on like any other: gossip names it once, and the earlier one may be a step
 * behind. The pool's bound on such gaps keeps that from being free.
 */
export function createTransactionRelay ({ ledger, mempool, client, clock, others, announcer, penalise = () => {}, onError = () => {}, limits }: TransactionRelayDeps): TransactionRelay {
  const record = createAnnouncementRecord()
  const turnedAway = new LRUCache<string, { readonly verdict: Verdict, readonly until: number }>({ max: TURNED_AWAY })

  /** Asks one peer for one transaction and hands it to the pool. */
  const attempt = async (peer: string, hash: Uint8Array, signal: AbortSignal): Promise<Attempt> => {
    const { transactions } = await client.request(peer, { txHashes: [hash], includeProof: false }, { signal })
    const [found] = transactions
    if (found === undefined) return 'missing'
    if (transactions.length > 1 || !isNamed(ledger, found.data, hash)) {
      penalise(peer, 'INVALID_TRANSACTION')
      return 'lied'
    }
    try {
      await mempool.admit(found.data)
      return 'held'
    } catch (error) {
      return judge(error, peer, hash)
    }
  }
  /** Why the pool did not take what `peer` sent under its right name. */
  const judge = (error: unknown, peer: string, hash: Uint8Array): Attempt => {
    if (!isRefusal(error)) {
      // too much of our own to do, or a fault of ours: another peer's answer would not be judged better
      if (!(error instanceof TosError) || error.code === 'INTERNAL') onError(error)
      return 'unwanted'
    }
    const isInvalid = error.details?.['rule'] === 'signature'
    turnedAway.set(toHex(hash), isInvalid ? { verdict: 'reject', until: Infinity } : { verdict: 'ignore', until: clock.now() + TURNED_AWAY_MS })
    // else nobody is at fault: its nonce is used or its fee too low for this pool
    if (!isInvalid) return 'unwanted'
    penalise(peer, 'INVALID_TRANSACTION')
    return 'refused'
  }
  const pool = createFetchPool({ clock, attempt, others, limits, onError })
  /** From the pool, then from a block: one that is mined already is still worth passing on. */
  const held = async (hash: Uint8Array): Promise<Announced | undefined> => {
    const pooled = mempool.get(hash)
    if (pooled !== undefined) return pooled
    const found = await ledger.transaction(hash)
    return found === undefined ? undefined : ledger.readTransaction(found.data)
  }
  return {
    async validate (announce, from, signal, alsoFrom) {
      const known = await held(announce.txHash)
      if (known !== undefined) return matches(announce, known) ? 'accept' : 'reject'
      const before = turnedAway.get(toHex(announce.txHash))
      if (before !== undefined && before.until > clock.now()) return before.verdict
      const { result, liars, isExcused } = await pool.fetch(announce.txHash, from, signal, alsoFrom)
      const transaction = result === 'held' ? await held(announce.txHash) : undefined
      // only what had to be fetched counts: a flood must not hide among repetitions of what is known
      if (!isExcused && record.note(from, result !== 'unresolved')) penalise(from, 'ANNOUNCED_NOTHING')
      if (transaction !== undefined) return matches(announce, transaction) ? 'accept' : 'reject'
      // a transaction's bytes are its name: whoever names one and sends another is the liar, and whoever names an invalid one did not look
      return result === 'refused' || liars.has(from) ? 'reject' : 'ignore'
    },
    async submit (data) {
      const added = mempool.add(data)
      const entry = mempool.get(added.id)
      if (added.status !== 'known' && entry !== undefined) {
        const { fee, priority, privacyLevel, energyUsed } = entry
        await announcer.transaction({ txHash: added.id, fee, priority, privacyLevel, energyUsed })
      }
      return added
    },
    dump: () => ({ ...pool.dump(), announcers: record.size, turnedAway: turnedAway.size }),
    stop () { pool.stop() }
  }
}

function matches (announce: TxAnnounce, { fee, priority, privacyLevel, energyUsed }: Announced): boolean {
  return announce.fee === fee && announce.priority === priority && announce.privacyLevel === privacyLevel && announce.energyUsed === energyUsed
}

/** Are these the bytes of that name? The name covers every byte, the signature's too. */
function isNamed (ledger: Ledger, data: Uint8Array, hash: Uint8Array): boolean {
  try {
    return toHex(ledger.readTransaction(data).id) === toHex(hash)
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
}
