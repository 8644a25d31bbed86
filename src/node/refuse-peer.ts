import type { Connection, PeerId } from '@libp2p/interface'
import { GOODBYE, GOODBYE_REASON } from '../../protocols/index.ts'
import type { TosError, TosErrorCode } from '../errors/index.ts'
import { createPlainCodec, FrameStream } from '../frame/index.ts'
import { peerIdToNodeId, writePayload } from '../protocol/index.ts'

/** Longest a peer may take to hear why, ms. */
const LAST_WORD_MS = 500
/** Most characters of GOODBYE text; its cap is 256 bytes. */
const MAX_TEXT = 200

/** The GOODBYE for each reason to hang up (WIRE.md §5, §8); anything else is a failed session. */
const REASON_OF: Partial<Record<TosErrorCode, number>> = {
  INCOMPATIBLE_VERSION: GOODBYE_REASON.incompatibleVersion,
  CHAIN_ID_MISMATCH: GOODBYE_REASON.chainIdMismatch,
  GENESIS_MISMATCH: GOODBYE_REASON.genesisMismatch,
  CLOCK_SKEW: GOODBYE_REASON.clockSkew,
  DUPLICATE_NODE_ID: GOODBYE_REASON.duplicateNodeId,
  BUSY: GOODBYE_REASON.tooManyPeers,
  BANNED: GOODBYE_REASON.banned,
  DUPLICATE_CONNECTION: GOODBYE_REASON.duplicateConnection
}

/** Forged or damaged frames: the connection itself is not to be trusted with a last word. */
const AT_ONCE: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['SEAL_BROKEN', 'CORRUPT_MESSAGE', 'FRAME_REPLAYED'])

/** The peer stays connected elsewhere: a reset stream would make its GossipSub forget us altogether. */
const GENTLY: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['DUPLICATE_CONNECTION'])

/** The GOODBYE reason for an error. */
export function goodbyeReason (code: TosErrorCode): number {
  return REASON_OF[code] ?? GOODBYE_REASON.sessionFailed
}

/**
 * Says why on the connection itself, as far as the peer listens, and closes it. `network` is the one whose GOODBYE the peer understands.
 * Never throws.
 */
export async function refusePeer (connection: Connection, local: PeerId, network: string, error: TosError): Promise<void> {
  try {
    if (!AT_ONCE.has(error.code) && connection.status === 'open') await lastWord(connection, local, network, error)
  } catch {
    // a courtesy: who does not listen is told by the closing connection
  }
  try {
    if (GENTLY.has(error.code)) await connection.close({ signal: AbortSignal.timeout(LAST_WORD_MS) })
  } catch {
    // too slow for a clean end
  } finally {
    if (connection.status !== 'closed') connection.abort(error)
  }
}

async function lastWord (connection: Connection, local: PeerId, network: string, { code, message }: TosError): Promise<void> {
  const signal = AbortSignal.timeout(LAST_WORD_MS)
  const stream = await connection.newStream(`/tos/${network}/goodbye/1.0.0`, { signal, runOnLimitedConnection: true })
  const codec = createPlainCodec({ local: peerIdToNodeId(local), remote: peerIdToNodeId(connection.remotePeer), now: Date.now })
  const ignored = (): void => {}
  const frames = new FrameStream(stream, codec, { type: () => undefined, message: ignored, dropped: ignored, ended: ignored, closed: ignored })
  frames.write(GOODBYE, writer => { writePayload(GOODBYE, { reason: goodbyeReason(code), text: message.slice(0, MAX_TEXT) }, writer) })
  frames.finish()
  // the peer closes its side once it has read
  await Promise.race([frames.closed, new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })])
}
