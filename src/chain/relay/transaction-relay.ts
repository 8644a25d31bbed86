import type { TxAnnounce } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { Verdict } from '../../protocol/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Announcer, Penalise, TransactionClient } from '../clients.ts'
import type { Clock } from '../clock.ts'
import { createFetchPool } from './fetch-pool.ts'
import type { Attempt, FetchLimits } from './fetch-pool.ts'
import type { Ledger } from '../ledger.ts'
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
  /** Settles within the fetch limits' `giveUpMs` (5 s), as `ignore` soon after `signal` fires. */
  validate (announce: TxAnnounce, from: string, signal?: AbortSignal): Promise<Verdict>
  /** Pools a transaction of this node's own and announces it when it was not there yet. Throws what `Mempool.add` throws. */
  submit (data: Uint8Array): Promise<PoolAdded>
  dump (): Record<string, number>
  stop (): void
}

/** The part of a transaction that its announcement repeats. */
type Announced = Pick<ReturnType<Ledger['checkTransaction']>, 'fee' | 'priority' | 'privacyLevel' | 'energyUsed'>

/**
 * A transaction that waits for an earlier nonce is passed on like any other: gossip names it once, and the earlier one may be a step
 * behind. The pool's bound on such gaps keeps that from being free.
 */
export function createTransactionRelay ({ ledger, mempool, client, clock, others, announcer, penalise = () => {}, onError = () => {}, limits }: TransactionRelayDeps): TransactionRelay {
  /** Asks one peer for one transaction and hands it to the pool. */
  const attempt = async (peer: string, hash: Uint8Array, signal: AbortSignal): Promise<Attempt> => {
    const { transactions } = await client.request(peer, { txHashes: [hash], includeProof: false }, { signal })
    const [found] = transactions
    if (found === undefined) return 'missing'
    if (transactions.length > 1 || !isTransaction(ledger, found.data, hash)) {
      penalise(peer, 'INVALID_TRANSACTION')
      return 'lied'
    }
    try {
      mempool.add(found.data)
      return 'held'
    } catch (error) {
      // signed and named right, so nobody is at fault: its nonce is used or its fee too low for this pool
      if (error instanceof TosError && (error.code === 'INVALID_TRANSACTION' || error.code === 'MEMPOOL_FULL')) return 'unwanted'
      onError(error)
      return 'missing'
    }
  }
  const pool = createFetchPool({ clock, attempt, others, limits, onError })
  /** From the pool, then from a block: one that is mined already is still worth passing on. */
  const held = async (hash: Uint8Array): Promise<Announced | undefined> => {
    const pooled = mempool.get(hash)
    if (pooled !== undefined) return pooled
    const found = await ledger.transaction(hash)
    return found === undefined ? undefined : ledger.checkTransaction(found.data)
  }
  return {
    async validate (announce, from, signal) {
      const known = await held(announce.txHash)
      if (known !== undefined) return matches(announce, known) ? 'accept' : 'reject'
      const { result, liars } = await pool.fetch(announce.txHash, from, signal)
      const transaction = result === 'held' ? await held(announce.txHash) : undefined
      if (transaction !== undefined) return matches(announce, transaction) ? 'accept' : 'reject'
      // a transaction's bytes are its name: whoever names one and sends another is the liar
      return liars.has(from) ? 'reject' : 'ignore'
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
    dump: () => pool.dump(),
    stop () { pool.stop() }
  }
}

function matches (announce: TxAnnounce, { fee, priority, privacyLevel, energyUsed }: Announced): boolean {
  return announce.fee === fee && announce.priority === priority && announce.privacyLevel === privacyLevel && announce.energyUsed === energyUsed
}

/** Form, signature and name. The name covers every byte, so a failure is always the server's or the announcer's. */
function isTransaction (ledger: Ledger, data: Uint8Array, hash: Uint8Array): boolean {
  try {
    return toHex(ledger.checkTransaction(data).id) === toHex(hash)
  } catch (error) {
    if (error instanceof TosError && error.code === 'INVALID_TRANSACTION') return false
    throw error
  }
}
