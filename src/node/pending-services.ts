import type { VoteService } from '../../protocols/index.ts'

/** Services whose decisions are not built yet: messages are carried, decoded and checked in form, then counted here and answered honestly. */
export interface PendingServices {
  readonly votes: VoteService
  /** Messages that came, by kind. */
  readonly counts: Readonly<Record<'votes', number>>
}

/**
 * Votes are neither accepted nor rejected: without a check of signature and authority a node must not forward them, and
 * must not charge anybody either. No votes are held.
 */
export function createPendingServices (): PendingServices {
  const counts = { votes: 0 }
  return {
    counts,
    votes: {
      vote: () => { counts.votes++; return 'ignore' },
      votes: ids => ({ votes: [], notFound: [...ids] })
    }
  }
}
