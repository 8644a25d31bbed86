import { GOODBYE_REASON } from '../../../protocols/goodbye/messages.ts'
import { TosError } from '../../errors/index.ts'

/** One of several connections to the same peer. */
export interface DuplicateConnection {
  readonly id: string
  /** As seen from here: we dialled an outbound one. */
  readonly direction: 'inbound' | 'outbound'
  /** Ms of the local clock. */
  readonly openedAt: number
}

/** What to do about them. */
export interface DuplicateVerdict {
  /** Id of the connection that stays; absent when there was none. */
  readonly keep: string | undefined
  /** The others. */
  readonly close: readonly string[]
  /** `local`: say GOODBYE with `goodbye` on each and close it now. `remote`: the peer does; after `waitMs` close what it left open. */
  readonly closer: 'local' | 'remote'
  /** Ping `keep` first, and without an answer ask again without it: the peer would hardly have connected anew if it still had that one. */
  readonly probe: boolean
  readonly goodbye: typeof GOODBYE_REASON.duplicateConnection
  /** 0 for `local`. */
  readonly waitMs: number
}

/** Ms the waiting side waits: as long as a session may take, since the closer acts when its own connection is complete. */
export const DUPLICATE_WAIT_MS = 5000
/** Dials further apart than a dial's own deadline did not cross on the way: one side has lost the older connection, by a restart for instance. */
const CROSSED_MS = 10_000

/**
 * Keeps the connection dialled by the smaller node id, and of several of the same dialler the oldest. Who dialled the one that stays closes
 * the rest: it alone knows for sure that its dial is complete, and in which order it dialled, so the two sides can never close each other's choice.
 *
 * @throws {TosError} DUPLICATE_NODE_ID when both node ids are equal
 */
export function resolveDuplicate (connections: readonly DuplicateConnection[], localNodeId: Uint8Array, remoteNodeId: Uint8Array): DuplicateVerdict {
  const order = Buffer.compare(localNodeId, remoteNodeId)
  if (order === 0) throw new TosError('DUPLICATE_NODE_ID', 'the peer has our own node id')
  const preferred = order < 0 ? 'outbound' : 'inbound'
  const [kept, ...others] = [...connections].sort((a, b) => Number(b.direction === preferred) - Number(a.direction === preferred) || a.openedAt - b.openedAt)
  const newest = Math.max(...others.map(({ openedAt }) => openedAt))
  const closer = kept?.direction === 'inbound' ? 'remote' : 'local'
  return {
    keep: kept?.id,
    close: others.map(({ id }) => id),
    closer,
    probe: kept !== undefined && newest - kept.openedAt > CROSSED_MS,
    goodbye: GOODBYE_REASON.duplicateConnection,
    waitMs: closer === 'remote' && others.length > 0 ? DUPLICATE_WAIT_MS : 0
  }
}
