import { BLOCK_LIMITS } from '../../../protocols/index.ts'
import type { BlockId } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { Ledger } from '../ledger.ts'
import type { CheckpointGuard } from './checkpoints.ts'
import { closeOver, headersAfter } from './headers.ts'
import type { Ask, Link } from './headers.ts'

/** What following a peer needs. */
export interface FollowDeps {
  readonly ledger: Ledger
  /** Asks the peer that is followed. */
  readonly ask: Ask
  /** Brings the blocks of `links`, parents first, from wherever; resolves when the ledger holds them. */
  readonly bodies: (links: readonly Link[]) => Promise<void>
  readonly checkpoints: CheckpointGuard
}

/** Header answers in a row that may bring nothing new: a fork of 32,768 blocks below the common one. */
const MAX_STALE_ANSWERS = 16

/**
 * Headers of a peer by locator, and the bodies of each answer; then branches outside its order. The next headers are on their way while
 * bodies come. Resolves when every tip of `tips` is held; throws what shows that this peer does not get us there.
 */
export async function followPeer ({ ledger, ask, bodies, checkpoints }: FollowDeps, tips: readonly Link[]): Promise<void> {
  await checkpoints.ask(ask, tips.reduce((top, { height }) => height > top ? height : top, 0n))
  const closed = async (links: readonly Link[]): Promise<void> => {
    const fresh = await closeOver(ledger, ask, links)
    checkpoints.check(fresh)
    if (fresh.length > 0) await bodies(fresh)
  }
  const page = async (ids: readonly BlockId[]): ReturnType<typeof headersAfter> => headersAfter(ledger, ask, ids)
  let coming = page(ledger.locator())
  for (let stale = 0, more = true; more;) {
    const { links, more: goesOn } = await coming
    const newest = links.at(-1)
    stale = links.every(({ hash }) => ledger.has(hash)) ? stale + 1 : 0
    more = goesOn && newest !== undefined && stale < MAX_STALE_ANSWERS
    if (more && newest !== undefined) {
      // One id alone is a cursor: all before it is here, or will be. When that led nowhere the peer's order may have changed under it.
      coming = page(stale === 0 ? [{ hash: newest.hash, height: newest.height }] : locatorFrom(newest, ledger.locator()))
      // awaited in turn; a failure before its turn must not count as unhandled
      coming.catch(() => {})
    }
    await closed(links)
  }
  // branches that the peer's selected order leaves out
  const lacking = tips.filter(({ hash }) => !ledger.has(hash))
  if (lacking.length === 0) return
  await closed(lacking).catch((error: unknown) => {
    // a long branch that fork choice would not take is not worth the peer: an honest one keeps it too
    if (!(error instanceof TosError) || error.code !== 'UNKNOWN_PARENT' || lacking.some(({ height }) => height > ledger.tip().height)) throw error
  })
}

/** The locator for what follows `newest`; one step is left out when there are too many, never genesis. */
function locatorFrom ({ hash, height }: Link, below: BlockId[]): BlockId[] {
  const ids = [{ hash, height }, ...below]
  return ids.length > BLOCK_LIMITS.locator ? ids.toSpliced(-2, 1) : ids
}
