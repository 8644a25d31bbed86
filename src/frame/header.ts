import { TosError } from '../errors/index.ts'

/** Length of the header on the wire, bytes. */
export const HEADER_BYTES = 60
/** The only header version there is. */
export const HEADER_VERSION = 1
/** Where each field stands. */
export const HEADER_OFFSET = { magic: 0, version: 4, type: 6, length: 8, checksum: 12, timestamp: 20, nodeId: 28 } as const

/** "TOSN" as a little-endian u32. */
const MAGIC = 0x4e534f54

/** The 60 bytes before every payload (spec "Message Format"; layout WIRE.md §2). */
export interface FrameHeader {
  /** Message type, u16. */
  readonly type: number
  /** Bytes that follow the header. */
  readonly payloadLength: number
  /** First 8 bytes of SHA3-256 over the bytes that follow, as a u64. */
  readonly checksum: bigint
  /** Unix seconds. */
  readonly timestamp: bigint
  /** The sender's Ed25519 public key, 32 bytes; all zero on gossip topics. */
  readonly nodeId: Uint8Array
}

/** Writes a header into 60 bytes of its own. Throws `INVALID_VALUE` for a field out of range. */
export function encodeHeader (header: FrameHeader): Uint8Array {
  const { type, payloadLength, checksum, timestamp, nodeId } = header
  if (nodeId.length !== 32) throw new TosError('INVALID_VALUE', `node_id has ${nodeId.length} bytes, not 32`)
  if (type >>> 0 !== type || type > 0xffff || payloadLength >>> 0 !== payloadLength) throw new TosError('INVALID_VALUE', `type ${type} or length ${payloadLength} is out of range`)
  if (timestamp < 0n || timestamp > 0xffff_ffff_ffff_ffffn) throw new TosError('INVALID_VALUE', `timestamp ${timestamp} is not a u64`)
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(HEADER_OFFSET.magic, MAGIC, true)
  view.setUint16(HEADER_OFFSET.version, HEADER_VERSION, true)
  view.setUint16(HEADER_OFFSET.type, type, true)
  view.setUint32(HEADER_OFFSET.length, payloadLength, true)
  view.setBigUint64(HEADER_OFFSET.checksum, checksum, true)
  view.setBigUint64(HEADER_OFFSET.timestamp, timestamp, true)
  bytes.set(nodeId, HEADER_OFFSET.nodeId)
  return bytes
}

/** Reads a header; `nodeId` is a view. Throws `TRUNCATED`, `WRONG_MAGIC` or `INCOMPATIBLE_VERSION`. */
export function decodeHeader (bytes: Uint8Array): FrameHeader {
  if (bytes.length < HEADER_BYTES) throw new TosError('TRUNCATED', `a header has ${HEADER_BYTES} bytes, got ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  checkPreamble(view, 0)
  return {
    type: view.getUint16(HEADER_OFFSET.type, true),
    payloadLength: view.getUint32(HEADER_OFFSET.length, true),
    checksum: view.getBigUint64(HEADER_OFFSET.checksum, true),
    timestamp: view.getBigUint64(HEADER_OFFSET.timestamp, true),
    nodeId: bytes.subarray(HEADER_OFFSET.nodeId, HEADER_BYTES)
  }
}

/** Checks magic and version of the header at `at`. Throws `WRONG_MAGIC` or `INCOMPATIBLE_VERSION`. */
export function checkPreamble (view: DataView, at: number): void {
  if (view.getUint32(at + HEADER_OFFSET.magic, true) !== MAGIC) throw new TosError('WRONG_MAGIC', 'the frame does not begin with "TOSN"')
  const version = view.getUint16(at + HEADER_OFFSET.version, true)
  if (version !== HEADER_VERSION) throw new TosError('INCOMPATIBLE_VERSION', `header version ${version}, expected ${HEADER_VERSION}`, { details: { version } })
}
