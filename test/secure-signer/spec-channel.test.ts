import assert from 'node:assert/strict'
import { test } from 'node:test'
import { x25519 } from '@noble/curves/ed25519.js'
import { decodeSpecRecord, specSharedSecret } from '../../src/secure/spec-channel.ts'
import { readVectors, unhex } from './support.ts'

const { spec_channel_compat: vector } = readVectors<{ spec_channel_compat: Record<'a' | 'b' | 'shared' | 'plaintext' | 'record', string> }>('frames.json')
const shared = unhex(vector.shared)
const record = unhex(vector.record)

test('the vector: both ends get the raw X25519 result', () => {
  const [a, b] = [unhex(vector.a), unhex(vector.b)]
  assert.deepEqual(Uint8Array.from(specSharedSecret(a, x25519.getPublicKey(b))), shared)
  assert.deepEqual(Uint8Array.from(specSharedSecret(b, x25519.getPublicKey(a))), shared)
})

test('the vector: the record decodes to its plaintext', () => {
  assert.equal(Buffer.from(decodeSpecRecord(shared, record)).toString('hex'), vector.plaintext)
})

test('any flipped bit is SEAL_BROKEN, any cut is SEAL_BROKEN or TRUNCATED', () => {
  for (let bit = 0; bit < record.length * 8; bit++) {
    const forged = Uint8Array.from(record)
    forged[bit >>> 3] = (forged[bit >>> 3] as number) ^ 1 << (bit & 7)
    assert.throws(() => decodeSpecRecord(shared, forged), { code: 'SEAL_BROKEN' })
  }
  for (let length = 0; length < record.length; length++) {
    assert.throws(() => decodeSpecRecord(shared, record.subarray(0, length)), { code: length < 28 ? 'TRUNCATED' : 'SEAL_BROKEN' })
  }
  assert.throws(() => decodeSpecRecord(unhex(vector.a), record), { code: 'SEAL_BROKEN' })
})

test('keys of another size and points of small order are refused', () => {
  const invalidValue = { code: 'INVALID_VALUE' }
  assert.throws(() => decodeSpecRecord(shared.subarray(1), record), invalidValue)
  assert.throws(() => specSharedSecret(new Uint8Array(31), shared), invalidValue)
  assert.throws(() => specSharedSecret(shared, new Uint8Array(33)), invalidValue)
  assert.throws(() => specSharedSecret(shared, new Uint8Array(32)), { code: 'HANDSHAKE_FAILED' })
})
