import { LRUCache } from 'lru-cache'
import { BLOCK_STATUS, DETAIL } from '../../../protocols/index.ts'
import type { BlockAnnounce } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { Verdict } from '../../protocol/index.ts'
import { toHex } from '../../wire/index.ts'
import { isAhead, isSpoilt } from '../blame.ts'
import type { Announcer, BlockClient, Penalise } from '../clients.ts'
import type { Clock } from '../clock.ts'
import { createFetchPool } from './fetch-pool.ts'
import type { Attempt, FetchLimits } from './fetch-pool.ts'
import type { BlockHeader } from '../block/header.ts'
import { createHeldWaiters } from './held-waiters.ts'
import type { Ledger } from '../ledger.ts'
import type { Sync } from '../sync/sync.ts'

/** What the relay needs from outside. Callbacks must not throw. */
export interface BlockRelayDeps {
  readonly ledger: Ledger
  readonly client: BlockClient
  readonly clock: Clock
  /** Session peers that subscribe to the topic, best first. */
  readonly others: () => readonly string[]
  readonly sync: Pick<Sync, 'want'>
  readonly announcer: Pick<Announcer, 'block'>
  readonly penalise?: Penalise
  /** Told of a fault of this node's own, e.g. a full disk. */
  readonly onError?: (error: unknown) => void
  readonly limits?: FetchLimits
}

/** Announce, fetch, verify, accept (WIRE.md §3). */
export interface BlockRelay {
  /** Settles within the fetch limits' `giveUpMs` (5 s), as `ignore` soon after `signal` fires; a block that is held already settles in the same turn. */
  validate (announce: BlockAnnounce, from: string, signal?: AbortSignal): Promise<Verdict>
  /** Announces a block of this node's own. Throws `BLOCK_NOT_FOUND`, and what the announcer throws. */
  publish (hash: Uint8Array): Promise<void>
  dump (): Record<string, number>
  stop (): void
}

/** Hashes of invalid blocks that are remembered, so that each costs one fetch. */
const INVALID_KEPT = 1024
/** Announced orphans that may wait for the sync to bring their parents. */
const ORPHANS_WAITING = 100

/**
 * Each announcement is judged by its own fields against the block itself, also when several share a fetch. A false field says nothing
 * about the block, and a spoilt answer nothing about the announcement, unless both came from the same peer.
 */
export function createBlockRelay ({ ledger, client, clock, others, sync, announcer, penalise = () => {}, onError = () => {}, limits }: BlockRelayDeps): BlockRelay {
  const giveUpMs = limits?.giveUpMs ?? 5000
  const invalid = new LRUCache<string, true>({ max: INVALID_KEPT })
  const waiters = createHeldWaiters(ledger, clock, ORPHANS_WAITING)

  /** Asks one peer for one block and hands it to the ledger. */
  const attempt = async (peer: string, hash: Uint8Array, signal: AbortSignal): Promise<Attempt> => {
    const answer = await client.request(peer, { query: { type: 'byHash', value: [hash] }, detail: DETAIL.full, maxItems: 1 }, { signal })
    const [block] = answer.blocks
    if (block === undefined || answer.status === BLOCK_STATUS.busy) return 'missing'
    try {
      if (answer.blocks.length > 1 || toHex(ledger.checkHeader(block.header).hash) !== toHex(hash)) throw new TosError('INVALID_BLOCK', 'not the block that was asked for')
    } catch (error) {
      return judge(error, peer, undefined)
    }
    try {
      const result = await ledger.add(block)
      if (result.status !== 'orphan') return 'held'
      sync.want(peer, block.height)
      return 'orphan'
    } catch (error) {
      return judge(error, peer, hash)
    }
  }
  /** `hash`: the bytes are known to be those of that block, so that a broken rule may be its own. */
  const judge = (error: unknown, peer: string, hash: Uint8Array | undefined): Attempt => {
    if (!(error instanceof TosError) || error.code !== 'INVALID_BLOCK') {
      onError(error)
      return 'missing'
    }
    if (isAhead(error)) return 'missing'
    penalise(peer, 'INVALID_BLOCK')
    if (hash === undefined || isSpoilt(error)) return 'lied'
    invalid.set(toHex(hash), true)
    return 'refused'
  }
  const pool = createFetchPool({ clock, attempt, others, limits, onError })

  return {
    async validate (announce, from, signal) {
      const { blockHash } = announce
      const held = ledger.header(blockHash)
      if (held !== undefined && ledger.has(blockHash)) return matches(announce, held) ? 'accept' : 'reject'
      if (invalid.has(toHex(blockHash))) return 'reject'
      const deadline = clock.now() + giveUpMs
      const { result, liars } = await pool.fetch(blockHash, from, signal)
      // the block itself is not kept: the sync fetches it again behind its parents
      if (result === 'orphan') {
        sync.want(from, announce.blockHeight)
        await waiters.wait(blockHash, deadline - clock.now())
      }
      // held by whatever way it came, also by sync while the fetch failed
      const header = ledger.has(blockHash) ? ledger.header(blockHash) : undefined
      if (header !== undefined) return matches(announce, header) ? 'accept' : 'reject'
      return result === 'refused' || liars.has(from) ? 'reject' : 'ignore'
    },
    async publish (hash) {
      const header = ledger.has(hash) ? ledger.header(hash) : undefined
      if (header === undefined) throw new TosError('BLOCK_NOT_FOUND', `block ${toHex(hash)} is not held`)
      await announcer.block({ blockHash: hash, blockHeight: header.height, difficulty: header.difficulty, aiMined: header.aiMined, timestamp: header.timestamp })
    },
    dump: () => ({ ...pool.dump(), invalid: invalid.size, orphansWaiting: waiters.size }),
    stop () {
      pool.stop()
      waiters.stop()
    }
  }
}

/** The fields an announcement repeats; `timestamp` in milliseconds on both sides. */
function matches (announce: BlockAnnounce, header: BlockHeader): boolean {
  return announce.timestamp === header.timestamp && announce.difficulty === header.difficulty &&
    announce.aiMined === header.aiMined && announce.blockHeight === header.height
}
