import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import * as fc from '../support/fast-check.ts'
import { checksum, checksumMatches, decodeHeader, encodeHeader, HEADER_BYTES, HEADER_OFFSET } from '../../src/frame/index.ts'
import { codeOf, flip } from '../support/frames.ts'

interface Vector { name: string, code: number, payload_length: number, sha3_256: string, checksum: string, header: string, payload: string }
const { frames } = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as { frames: Vector[] }
const nodeId = Uint8Array.from({ length: 32 }, (_, i) => i)

test('every header of the golden vectors encodes and decodes byte for byte', () => {
  assert.ok(frames.length >= 10)
  for (const vector of frames) {
    const payload = Buffer.from(vector.payload, 'hex')
    const fields = { type: vector.code, payloadLength: vector.payload_length, checksum: BigInt(vector.checksum), timestamp: 1_700_000_000n, nodeId }
    assert.equal(Buffer.from(encodeHeader(fields)).toString('hex'), vector.header, vector.name)
    const decoded = decodeHeader(Buffer.from(vector.header, 'hex'))
    assert.deepEqual({ ...decoded, nodeId: Uint8Array.from(decoded.nodeId) }, fields, vector.name)
    assert.equal(checksum(payload), BigInt(vector.checksum), vector.name)
  }
})

test('the checksum field holds the first 8 digest bytes in reverse', () => {
  for (const { sha3_256: digest, header, payload } of frames) {
    const field = Buffer.from(header, 'hex').subarray(HEADER_OFFSET.checksum, HEADER_OFFSET.checksum + 8)
    assert.equal(Buffer.from(field.toReversed()).toString('hex'), digest.slice(0, 16))
    assert.ok(checksumMatches(Buffer.from(payload, 'hex'), Buffer.from(header, 'hex'), HEADER_OFFSET.checksum))
  }
})

test('any header survives a round trip, at any offset of a larger buffer', () => {
  const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff_ffff }), u64, u64, fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(64),
    (type, payloadLength, sum, timestamp, id, offset) => {
      const fields = { type, payloadLength, checksum: sum, timestamp, nodeId: id }
      const bytes = encodeHeader(fields)
      assert.equal(bytes.length, HEADER_BYTES)
      const placed = Buffer.concat([Buffer.alloc(offset, 0xee), bytes, Buffer.alloc(7, 0xee)]).subarray(offset)
      const decoded = decodeHeader(placed)
      assert.deepEqual({ ...decoded, nodeId: Uint8Array.from(decoded.nodeId) }, fields)
    }
  ))
})

test('a header out of range is refused before it is written', () => {
  const good = { type: 1, payloadLength: 0, checksum: 0n, timestamp: 0n, nodeId }
  for (const bad of [{ type: -1 }, { type: 0x1_0000 }, { type: 1.5 }, { payloadLength: -1 }, { payloadLength: 2 ** 32 }, { payloadLength: 0.5 }, { timestamp: -1n }, { timestamp: 2n ** 64n }, { nodeId: new Uint8Array(31) }]) {
    assert.equal(codeOf(() => encodeHeader({ ...good, ...bad })), 'INVALID_VALUE', String(Object.entries(bad)))
  }
})

test('a short header, every wrong magic byte and every other version are refused with their codes', () => {
  const bytes = encodeHeader({ type: 1, payloadLength: 0, checksum: 0n, timestamp: 0n, nodeId })
  assert.equal(codeOf(() => decodeHeader(bytes.subarray(0, 59))), 'TRUNCATED')
  for (let at = 0; at < 4; at++) assert.equal(codeOf(() => decodeHeader(flip(bytes, at))), 'WRONG_MAGIC')
  for (const version of [0, 2, 0x100, 0xffff]) {
    const other = Uint8Array.from(bytes)
    new DataView(other.buffer).setUint16(HEADER_OFFSET.version, version, true)
    assert.equal(codeOf(() => decodeHeader(other)), 'INCOMPATIBLE_VERSION')
  }
})
