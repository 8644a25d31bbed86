import { LRUCache } from 'lru-cache'
import type { MiningService, MiningShare } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { createNodeCrypto } from '../../secure/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Penalise } from '../clients.ts'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { SHARE_DEFAULTS } from './limits.ts'
import type { ShareLimits } from './limits.ts'
import { createShareBook } from './share-book.ts'
import type { HeldShare, MinerFigures, SeenShare, ShareOrigin } from './share-book.ts'
import { PROOFS, ageRule, createBudgets } from './share-checks.ts'
import type { ShareRule } from './share-checks.ts'
import { nameShare } from './share-ids.ts'
import type { NamedShare } from './share-ids.ts'
import { createHashWork } from './share-work.ts'
import type { ShareWork } from './share-work.ts'

/** What a pool needs from outside. Callbacks must not throw. */
export interface SharePoolDeps {
  readonly network: string
  /** Puts a share of this node's own on the topic; returns how many peers it went to. Absent: it stays here. */
  readonly publish?: (share: MiningShare) => Promise<number>
  /** Default `createHashWork()`. */
  readonly work?: ShareWork
  /** Is this block held? Shares for others wait for no block: they are dropped. Default: all are. */
  readonly hasBlock?: (hash: Uint8Array) => boolean
  readonly clock?: Pick<Clock, 'now'>
  readonly limits?: ShareLimits
  /** Told of peers that pass on what cannot be right. A share sent to the pool itself is charged by the stream it came on. */
  readonly penalise?: Penalise
  /** Told of every share that was accepted. */
  readonly onShare?: (share: HeldShare) => void
}

/** Takes shares from topic and stream, and this node's own. */
export interface SharePool extends MiningService {
  /** The stream's side. Throws `INVALID_SHARE` for a proof of misbehaviour and `RATE_LIMITED` for a peer above its budget; both are charged. */
  submitted (share: MiningShare, peer: string): Promise<void>
  /**
   * Holds a signed share of our own and publishes it. Throws `INVALID_SHARE` (`details.rule`), `RATE_LIMITED`, `BUSY`, a wire code for a
   * field out of range, or what `publish` throws: the share is held then. With `send` it goes that way instead, once for each call.
   */
  submit (share: MiningShare, send?: (share: MiningShare) => Promise<void>): Promise<{ readonly id: string, readonly status: 'accepted' | 'known', readonly peers: number }>
  /** Newest first; `miner` in hex. */
  list (filter?: { readonly miner?: string | undefined, readonly max?: number | undefined }): HeldShare[]
  miners (): MinerFigures[]
  dump (): Record<string, number>
}

/** What examination finds. */
type Finding =
  | { readonly status: 'accepted' | 'known', readonly id: string, readonly seen: SeenShare }
  | { readonly status: 'refused', readonly id: string, readonly rule: ShareRule }

const NO_BLOCK = '0'.repeat(64)
/** Shares whose signature or work was wrong: the same bytes again are not checked again. Apart from the good ones, which they must not push out. */
const REFUSED = 1024
const LISTED = 100

/** See `ShareLimits` for the bounds. */
export function createSharePool ({
  network, publish, work = createHashWork(), hasBlock = () => true, clock = systemClock, limits = {}, penalise = () => {}, onShare = () => {}
}: SharePoolDeps): SharePool {
  const max = { ...SHARE_DEFAULTS, ...limits }
  const { verify } = createNodeCrypto()
  const book = createShareBook(max)
  const refused = new LRUCache<string, ShareRule>({ max: REFUSED })
  const byMiner = createBudgets(max.perMiner, max.parties)
  const byPeer = createBudgets(max.perPeer, max.parties)
  const pending = new Set<string>()
  const counts = { accepted: 0, known: 0, invalid: 0, ignored: 0 }

  const checkWork = async (share: MiningShare): Promise<ShareRule | undefined> => {
    const verdict = await work.check(share)
    return verdict === 'valid' ? undefined : verdict === 'unknown' ? 'unknown-work' : 'work'
  }
  /** Rules in order of cost. What anybody can bring about in another's name is never counted against that name. */
  const firstBreach = async ({ share, signed }: NamedShare, peer: string | undefined): Promise<ShareRule | undefined> => {
    const now = clock.now()
    if (peer !== undefined && !byPeer.take(peer, now)) return 'peer-rate'
    const age = ageRule(share, now, max)
    if (age !== undefined) return age
    const miner = toHex(share.minerId)
    if (!byMiner.fits(miner, now)) return 'miner-rate'
    if (toHex(share.blockHash) !== NO_BLOCK && !hasBlock(share.blockHash)) return 'unknown-block'
    const first = work.isCheap ? await checkWork(share) : undefined
    if (first !== undefined) return first
    if (!verify(share.minerId, signed, share.signature)) return 'signature'
    const last = work.isCheap ? undefined : await checkWork(share)
    return last ?? (byMiner.take(miner, clock.now()) ? undefined : 'miner-rate')
  }
  const examine = async (given: MiningShare, origin: ShareOrigin, peer?: string): Promise<Finding> => {
    const named = nameShare(given, network)
    const { id, content } = named
    const before = refused.get(id)
    if (before !== undefined) return { status: 'refused', id, rule: before }
    const known = book.seen(content)
    if (known !== undefined) return { status: 'known', id, seen: known }
    // a forged twin under examination must not make the good one look known
    if (pending.has(id) || pending.size >= max.pending) return { status: 'refused', id, rule: 'busy' }
    pending.add(id)
    try {
      const rule = await firstBreach(named, peer)
      if (rule !== undefined) {
        if (PROOFS.has(rule)) refused.set(id, rule)
        return { status: 'refused', id, rule }
      }
      // a twin with another signature may have been quicker
      const quicker = book.seen(content)
      if (quicker !== undefined) return { status: 'known', id, seen: quicker }
      const { held, seen } = book.hold(named, origin, clock.now())
      onShare(held)
      return { status: 'accepted', id, seen }
    } finally {
      pending.delete(id)
    }
  }
  const look = async (share: MiningShare, origin: ShareOrigin, peer?: string): Promise<Finding> => {
    const finding = await examine(share, origin, peer)
    counts[finding.status !== 'refused' ? finding.status : PROOFS.has(finding.rule) ? 'invalid' : 'ignored']++
    return finding
  }
  const refusal = ({ id, rule }: { readonly id: string, readonly rule: ShareRule }): TosError => {
    const details = { rule, id }
    if (rule === 'busy') return new TosError('BUSY', 'too many shares are being checked, or this one is', { details })
    if (rule === 'miner-rate' || rule === 'peer-rate') return new TosError('RATE_LIMITED', 'more shares than one miner or peer may bring', { details })
    return new TosError('INVALID_SHARE', `the share breaks the rule "${rule}"`, { details })
  }

  return {
    async share (share, { peer }) {
      const finding = await look(share, 'topic', peer)
      if (finding.status !== 'refused') {
        // one that a miner sent straight to us is news to the others; one replayed when gossip has forgotten it is not
        const { seen } = finding
        const isNews = seen.id === finding.id && !seen.isAnnounced
        seen.isAnnounced ||= isNews
        return isNews ? 'accept' : 'ignore'
      }
      if (!PROOFS.has(finding.rule)) return 'ignore'
      penalise(peer, 'INVALID_SHARE')
      return 'reject'
    },
    async submitted (share, peer) {
      const finding = await look(share, 'pool', peer)
      if (finding.status === 'refused' && (PROOFS.has(finding.rule) || finding.rule === 'peer-rate')) throw refusal(finding)
    },
    async submit (share, send) {
      const finding = await look(share, 'local')
      if (finding.status === 'refused') throw refusal(finding)
      const { status, seen, seen: { id } } = finding
      if (send !== undefined) {
        await send(share)
        return { id, status, peers: 1 }
      }
      if (publish === undefined || seen.isAnnounced || id !== finding.id) return { id, status, peers: 0 }
      seen.isAnnounced = true
      try {
        return { id, status, peers: await publish(share) }
      } catch (error) {
        seen.isAnnounced = false
        throw error
      }
    },
    list: ({ miner, max: most = LISTED } = {}) => book.list(miner?.toLowerCase(), most),
    miners: book.miners,
    dump: () => ({ ...book.dump(), refused: refused.size, pending: pending.size, minerBudgets: byMiner.size, peerBudgets: byPeer.size, ...counts })
  }
}
