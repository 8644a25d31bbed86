import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { peerIdFromString } from '@libp2p/peer-id'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'

/** One frame of the golden vectors: payload and fields as the specification has them. */
export interface GoldenFrame { readonly name: string, readonly type: string, readonly code: number, readonly fields: Readonly<Record<string, unknown>>, readonly payload: string }

/** The golden vectors; u64 as decimal strings, bytes as hex. */
export const GOLDEN: readonly GoldenFrame[] = (JSON.parse(readFileSync(new URL('../../vectors/frames.json', import.meta.url), 'utf8')) as { readonly frames: readonly GoldenFrame[] }).frames

/** Raw public key of an Ed25519 peer id, which is its node id; 32 zero bytes for a key of another kind. */
export function nodeIdOf (peerId: string): Uint8Array {
  const { publicKey } = peerIdFromString(peerId)
  return publicKey === undefined || publicKey.type !== 'Ed25519' ? new Uint8Array(32) : publicKeyToProtobuf(publicKey).subarray(4)
}

/** What a frame made by hand may differ in. */
export interface HandFrame { readonly code: number, readonly payload: Uint8Array, readonly from: string, readonly magic?: string, readonly version?: number, readonly length?: number, readonly badSum?: boolean }

/** A plain frame, laid out here from the specification's table alone: none of the code under test makes what it reads. */
export function handFrame ({ code, payload, from, magic = 'TOSN', version = 1, length = payload.length, badSum = false }: HandFrame): Buffer {
  const header = Buffer.alloc(60)
  header.write(magic, 0, 'latin1')
  header.writeUInt16LE(version, 4)
  header.writeUInt16LE(code, 6)
  header.writeUInt32LE(length, 8)
  header.set(checksumOf(payload), 12)
  if (badSum) header[12] = (header[12] as number) ^ 1
  header.writeBigUInt64LE(BigInt(Math.floor(Date.now() / 1000)), 20)
  header.set(nodeIdOf(from), 28)
  return Buffer.concat([header, payload])
}

/** The first 8 bytes of SHA3-256, last one first. */
function checksumOf (payload: Uint8Array): Buffer {
  return Buffer.from([...createHash('sha3-256').update(payload).digest().subarray(0, 8)].toReversed())
}

/** A frame taken apart by hand. */
export interface Parted { readonly code: number, readonly payload: Buffer, readonly nodeId: Buffer }

/** All frames of a stream. Throws when a header is wrong, a checksum does not fit or bytes are left. */
export function partFrames (bytes: Buffer): Parted[] {
  const frames: Parted[] = []
  for (let at = 0; at < bytes.length;) {
    const header = bytes.subarray(at, at + 60)
    if (header.toString('latin1', 0, 4) !== 'TOSN' || header.readUInt16LE(4) !== 1) throw new Error(`no header at ${at} of ${bytes.length}`)
    const payload = bytes.subarray(at + 60, at + 60 + header.readUInt32LE(8))
    if (payload.length !== header.readUInt32LE(8)) throw new Error('the last frame is cut off')
    if (!checksumOf(payload).equals(header.subarray(12, 20))) throw new Error('a checksum does not fit')
    frames.push({ code: header.readUInt16LE(6), payload: Buffer.from(payload), nodeId: Buffer.from(header.subarray(28, 60)) })
    at += 60 + payload.length
  }
  return frames
}

/** The payload of a golden frame, its pairing id (the u64 after the tag) replaced if one is given. */
export function goldenPayload (name: string, id?: bigint): Buffer {
  const found = GOLDEN.find(frame => frame.name === name)
  if (found === undefined) throw new Error(`no golden frame ${name}`)
  const payload = Buffer.from(found.payload, 'hex')
  if (id !== undefined) payload.writeBigUInt64LE(id, 4)
  return payload
}
