import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pureJsCrypto } from '@chainsafe/libp2p-noise'
import { generateKeyPair, privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys'
import * as fc from '../support/fast-check.ts'
import { Uint8ArrayList } from 'uint8arraylist'
import { cachedSigner, createNativeAead, createNoiseCrypto } from '../../src/node/transport/index.ts'

const ours = createNoiseCrypto()
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
/** Small ones often, and some on both sides of the sizes where the implementation changes its way. */
const plaintexts = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(767, 768, 1199, 1200, 1535, 1536, 16_383, 16_384, 16_385, 65_519).map(n => new Uint8Array(n).fill(n)))

/** The same bytes as noise may hand them over: in one piece, or as a list cut somewhere. */
function cut (whole: Uint8Array, at: number): Uint8Array | Uint8ArrayList {
  const where = at % (whole.length + 1)
  return where === 0 ? whole : new Uint8ArrayList(whole.subarray(0, where), whole.subarray(where))
}

const flat = (data: Uint8Array | Uint8ArrayList): Buffer => Buffer.from(data.subarray())

test('sealing equals the pure implementation, and each opens what the other sealed', () => {
  fc.assert(fc.property(plaintexts, bytes(12), fc.uint8Array({ maxLength: 40 }), bytes(32), fc.nat(), (plaintext, nonce, ad, key, at) => {
    const sealed = flat(ours.chaCha20Poly1305Encrypt(cut(plaintext, at), nonce, ad, key))
    assert.deepEqual(sealed, flat(pureJsCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key)))
    assert.deepEqual(flat(ours.chaCha20Poly1305Decrypt(cut(sealed, at), nonce, ad, key)), Buffer.from(plaintext))
    assert.deepEqual(flat(pureJsCrypto.chaCha20Poly1305Decrypt(sealed, nonce, ad, key)), Buffer.from(plaintext))
  }), { numRuns: 200 })
})

test('one key serves many nonces: nothing of a call stays in the cached key', () => {
  const aead = createNativeAead()
  const key = new Uint8Array(32).fill(3)
  for (let i = 0; i < 50; i++) {
    const nonce = new Uint8Array(12).fill(i)
    const text = new Uint8Array(i).fill(i)
    assert.deepEqual(flat(aead.seal(text, nonce, new Uint8Array(i), key)), flat(pureJsCrypto.chaCha20Poly1305Encrypt(text, nonce, new Uint8Array(i), key)))
  }
})

test('damage to ciphertext, tag, nonce, associated data or key is an error, as is anything shorter than a tag', () => {
  fc.assert(fc.property(plaintexts, bytes(12), fc.uint8Array({ minLength: 1, maxLength: 40 }), bytes(32), fc.nat(), fc.integer({ min: 1, max: 255 }), (plaintext, nonce, ad, key, at, flip) => {
    const sealed = flat(ours.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key))
    const damaged = (original: Uint8Array): Uint8Array => Uint8Array.from(original, (byte, i) => i === at % original.length ? byte ^ flip : byte)
    assert.throws(() => ours.chaCha20Poly1305Decrypt(cut(damaged(sealed), at), nonce, ad, key))
    assert.throws(() => ours.chaCha20Poly1305Decrypt(sealed, damaged(nonce), ad, key))
    assert.throws(() => ours.chaCha20Poly1305Decrypt(sealed, nonce, damaged(ad), key))
    assert.throws(() => ours.chaCha20Poly1305Decrypt(sealed, nonce, ad, damaged(key)))
    assert.throws(() => ours.chaCha20Poly1305Decrypt(sealed.subarray(0, at % 16), nonce, ad, key))
  }), { numRuns: 60 })
})

test('hash, key derivation and X25519 equal the pure implementation', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes(32), bytes(32), fc.oneof(bytes(32), fc.constant(new Uint8Array(0))), fc.nat(), (data, a, b, input, at) => {
    assert.deepEqual(flat(ours.hashSHA256(cut(data, at))), flat(pureJsCrypto.hashSHA256(data)))
    assert.deepEqual(ours.getHKDF(a, input).map(flat), pureJsCrypto.getHKDF(a, input).map(flat))
    const [x, y] = [ours.generateX25519KeyPairFromSeed(a), ours.generateX25519KeyPairFromSeed(b)]
    assert.deepEqual(flat(x.publicKey), flat(pureJsCrypto.generateX25519KeyPairFromSeed(a).publicKey))
    const shared = flat(pureJsCrypto.generateX25519SharedKey(a, y.publicKey))
    assert.deepEqual(flat(ours.generateX25519SharedKey(x.privateKey, cut(Uint8Array.from(y.publicKey), at))), shared)
    assert.deepEqual(flat(ours.generateX25519SharedKey(y.privateKey, x.publicKey)), shared)
  }), { numRuns: 40 })
  const fresh = ours.generateX25519KeyPair()
  assert.deepEqual(flat(pureJsCrypto.generateX25519KeyPairFromSeed(fresh.privateKey).publicKey), flat(fresh.publicKey))
})

test('a public key of small order is refused, as by the pure implementation', () => {
  const { privateKey } = ours.generateX25519KeyPair()
  for (const weak of [new Uint8Array(32), Uint8Array.from({ length: 32 }, (_, i) => i === 0 ? 1 : 0)]) {
    assert.throws(() => pureJsCrypto.generateX25519SharedKey(privateKey, weak))
    assert.throws(() => ours.generateX25519SharedKey(privateKey, weak))
  }
})

test('a cached signer is the same key: same signatures, still a libp2p key, verified by both', async () => {
  const key = await generateKeyPair('Ed25519')
  const fast = cachedSigner(key)
  assert.ok(fast.equals(key) && key.equals(fast) && fast.publicKey.equals(key.publicKey))
  assert.equal(fast.publicKey.toString(), key.publicKey.toString())
  assert.ok(privateKeyFromRaw(fast.raw).equals(key))
  for (const message of [new Uint8Array(0), new Uint8Array(1_000).fill(1), new Uint8ArrayList(new Uint8Array(3), new Uint8Array(5))]) {
    const signature = await fast.sign(message)
    assert.deepEqual(Buffer.from(signature), Buffer.from(await key.sign(message)))
    const wrong = Uint8Array.from(signature, (byte, i) => i === 0 ? byte ^ 1 : byte)
    for (const publicKey of [fast.publicKey, publicKeyFromRaw(key.publicKey.raw)]) {
      assert.equal(await publicKey.verify(message, signature), true)
      assert.equal(await publicKey.verify(message, wrong), false)
    }
  }
})
