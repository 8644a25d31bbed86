import type { Connection, Libp2p } from '@libp2p/interface'
import { GOODBYE, GOODBYE_REASON } from '../../protocols/index.ts'
import type { TosError, TosErrorCode } from '../errors/index.ts'
import type { TosServices } from './tos-node.ts'

/** Longest a peer may take to hear why, ms. */
const LAST_WORD_MS = 500
/** Most bytes of GOODBYE text. */
const MAX_TEXT = 200

/** The GOODBYE for each reason to hang up (WIRE.md §5, §8); anything else is a failed session. */
const REASON_OF: Partial<Record<TosErrorCode, number>> = {
  INCOMPATIBLE_VERSION: GOODBYE_REASON.incompatibleVersion,
  CHAIN_ID_MISMATCH: GOODBYE_REASON.chainIdMismatch,
  GENESIS_MISMATCH: GOODBYE_REASON.genesisMismatch,
  CLOCK_SKEW: GOODBYE_REASON.clockSkew,
  DUPLICATE_NODE_ID: GOODBYE_REASON.duplicateNodeId,
  BUSY: GOODBYE_REASON.tooManyPeers
}

/** The GOODBYE reason for an error. */
export function goodbyeReason (code: TosErrorCode): number {
  return REASON_OF[code] ?? GOODBYE_REASON.sessionFailed
}

/** Forged or damaged frames: the connection itself is not to be trusted with a last word. */
const AT_ONCE: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['SEAL_BROKEN', 'CORRUPT_MESSAGE', 'FRAME_REPLAYED'])

/** Says why, as far as the peer listens, and closes the connection. Never throws. */
export async function refusePeer (node: Libp2p<TosServices> | undefined, connection: Connection, error: TosError): Promise<void> {
  try {
    if (node === undefined || AT_ONCE.has(error.code)) return
    const stream = await node.services.goodbye.open(connection.remotePeer, { signal: AbortSignal.timeout(LAST_WORD_MS) })
    stream.send(GOODBYE, { reason: goodbyeReason(error.code), text: error.message.slice(0, MAX_TEXT) })
    await stream.close()
  } catch {
    // a courtesy: who does not listen is told by the closing connection
  } finally {
    connection.abort(error)
  }
}
