import type { TosErrorCode } from '../../errors/index.ts'
import { isOwnFault } from '../../protocol/incidents.ts'
import type { Incident } from '../../protocol/incidents.ts'
import type { Reason } from './reputation-rules.ts'

/** Codes that cost their peer something. All of them arise on a connection that proved the peer's key. */
const CHARGED: Readonly<Partial<Record<TosErrorCode, Reason>>> = {
  TRUNCATED: 'invalid_message',
  TRAILING_BYTES: 'invalid_message',
  LENGTH_LIMIT: 'invalid_message',
  INVALID_VALUE: 'invalid_message',
  INVALID_UTF8: 'invalid_message',
  WRONG_MAGIC: 'invalid_message',
  CORRUPT_MESSAGE: 'invalid_message',
  MESSAGE_TOO_LARGE: 'invalid_message',
  MESSAGE_TOO_SMALL: 'invalid_message',
  INVALID_MESSAGE: 'invalid_message',
  TAG_MISMATCH: 'invalid_message',
  WRONG_NODE_ID: 'invalid_message',
  UNREQUESTED: 'invalid_message',
  HANDSHAKE_FAILED: 'invalid_message',
  SIGNATURE_INVALID: 'invalid_message',
  SEAL_BROKEN: 'invalid_message',
  FRAME_REPLAYED: 'invalid_message',
  RATE_LIMITED: 'message_rate_exceeded',
  ANNOUNCED_NOTHING: 'message_rate_exceeded',
  PROOF_FORGED: 'invalid_message',
  INVALID_BLOCK: 'invalid_block',
  INVALID_TRANSACTION: 'invalid_transaction',
  INVALID_SHARE: 'invalid_message',
  SLOW_STREAM: 'slow_response',
  // an honest node that is cut off looks the same, so neither may ban
  TIP_WITHHELD: 'slow_response',
  CHAIN_WEAKER: 'slow_response',
  HANDSHAKE_TIMEOUT: 'slow_response',
  STREAM_CLOSED: 'transport_error',
  REMOTE_ERROR: 'transport_error'
}

/** Codes that cost nothing, by what excuses them. */
const EXCUSED: Readonly<Record<string, readonly TosErrorCode[]>> = {
  'our own fault, or we cannot tell': ['BUSY', 'TIMEOUT', 'ABORTED', 'UNAVAILABLE', 'HANDLER_FAILED', 'NOT_STARTED', 'NODE_STOPPED', 'SESSION_EXHAUSTED', 'REORG_TOO_DEEP', 'INTERNAL'],
  // the peer's clock and ours disagree, and ours may be the wrong one: then all peers would pay
  'clocks': ['CLOCK_SKEW'],
  'another version, network or role': [
    'INCOMPATIBLE_VERSION', 'UNKNOWN_TYPE', 'PROTOCOL_UNSUPPORTED', 'NO_NODE_ID', 'NO_SESSION', 'CHAIN_ID_MISMATCH', 'GENESIS_MISMATCH', 'NOT_AUTHORISED',
    'RELAYED_ONLY'
  ],
  // whoever holds our own key or spreads a wrong address would have honest peers charged
  'a stranger can bring it about': ['PEER_UNREACHABLE', 'DUPLICATE_NODE_ID', 'ROTATION_INVALID', 'BANNED', 'CONNECTION_LIMIT', 'DUPLICATE_CONNECTION'],
  // what we looked up, and what others say of addresses: no peer proved a key for it
  'finding peers': [
    'SEED_CHANGED', 'SEED_PIN_MISMATCH', 'DNS_LOOKUP_FAILED', 'DNS_NO_RECORDS', 'RECORD_UNSIGNED', 'RECORD_EXPIRED', 'ADDRESS_NOT_PUBLIC', 'ADDRESS_UNUSABLE',
    'DHT_WALK_FAILED', 'ADDRESS_STALE', 'BOOK_FULL'
  ],
  'the peer does not hold what we asked for': ['UNKNOWN_PARENT', 'BLOCK_NOT_FOUND', 'BLOCK_PRUNED', 'TX_NOT_FOUND', 'MEMPOOL_FULL', 'STALE_TEMPLATE'],
  'how this node is built or run': [
    'DUPLICATE_PROTOCOL', 'DUPLICATE_CODE', 'INVALID_DEFINITION', 'MISSING_DEPENDENCY', 'STORE_CORRUPT', 'STORE_READ_ONLY', 'STORE_CLOSED', 'CHAIN_FILE_INVALID',
    'DATA_DIR_LOCKED', 'DATA_DIR_NEWER', 'DATA_DIR_FOREIGN', 'DATA_DIR_UNREADABLE', 'KEY_UNREADABLE', 'KEY_LOCKED', 'KEY_EXISTS', 'LISTEN_FAILED',
    'CONFIG_INVALID', 'USAGE', 'DAEMON_UNREACHABLE', 'PROTOCOL_FILE_INVALID', 'FILE_UNREADABLE', 'STOP_TIMEOUT', 'PEER_FILE_INVALID', 'BOOK_DAMAGED', 'BOOK_NOT_SAVED',
    'QUIC_UNAVAILABLE', 'WEBRTC_UNAVAILABLE', 'PSK_INVALID', 'REDIS_UNREACHABLE'
  ]
}

/** The reason a code stands for; undefined when it costs nothing. */
export function reasonOf (code: TosErrorCode): Reason | undefined {
  return CHARGED[code]
}

/** Why a code costs nothing; undefined when it is charged, or was never classified (a test forbids that). */
export function excuseOf (code: TosErrorCode): string | undefined {
  return Object.keys(EXCUSED).find(excuse => EXCUSED[excuse]?.includes(code))
}

/** The reason to charge an incident to its peer. Nothing for what a peer says of us (`remote`), for our own faults and where no peer is named. */
export function reasonOfIncident ({ code, error, peer, remote }: Incident): Reason | undefined {
  return peer === undefined || remote || isOwnFault(error) ? undefined : reasonOf(code)
}
