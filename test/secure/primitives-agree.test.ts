import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import * as fc from '../support/fast-check.ts'
import { hex, noble, node, seal, throwsCode } from './primitives-support.ts'

const exactly = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size })
const upTo = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: size })
// lengths around the blocks of ChaCha20 (64) and Poly1305 (16) and of a large frame, which random sizes would miss
const plaintext = fc.oneof(upTo(300), fc.constantFrom(0, 1, 15, 16, 17, 63, 64, 65, 4096, 65_537).map(size => new Uint8Array(size).fill(0x5a)))
// each property names its own runs: noble is slow, and the whole folder has seconds
const runs = (numRuns: number): fc.Parameters<unknown> => ({ numRuns })

test('native and noble seal alike in place at any offset, and each opens what the other sealed', () => {
  fc.assert(fc.property(exactly(32), exactly(12), upTo(100), plaintext, fc.nat(9), (key, nonce, associated, plain, start) => {
    const [a, b] = [node.aead(key), noble.aead(key)]
    const [ours, theirs] = [seal(a, nonce, associated, plain, start), seal(b, nonce, associated, plain, start)]
    assert.equal(hex(ours), hex(theirs))
    assert.equal(hex(a.open(nonce, associated, theirs)), hex(plain))
    assert.equal(hex(b.open(nonce, associated, ours)), hex(plain))
  }), runs(80))
})

test('a flipped bit in ciphertext, tag, associated data or nonce, or another key, breaks the seal for both', () => {
  fc.assert(fc.property(exactly(32), exactly(12), fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (key, nonce, associated, plain, flip) => {
    const sealed = seal(node.aead(key), nonce, associated, plain)
    const tagBit = (sealed.length - 16) * 8 + flip % 128
    for (const crypto of [node, noble]) {
      const aead = crypto.aead(key)
      throwsCode('SEAL_BROKEN', () => aead.open(nonce, associated, flipped(sealed, flip % (plain.length * 8))), `${crypto.name}, ciphertext`)
      throwsCode('SEAL_BROKEN', () => aead.open(nonce, associated, flipped(sealed, tagBit)), `${crypto.name}, tag`)
      throwsCode('SEAL_BROKEN', () => aead.open(nonce, flipped(associated, flip), sealed), `${crypto.name}, associated data`)
      throwsCode('SEAL_BROKEN', () => aead.open(flipped(nonce, flip), associated, sealed), `${crypto.name}, nonce`)
      throwsCode('SEAL_BROKEN', () => crypto.aead(flipped(key, flip)).open(nonce, associated, sealed), `${crypto.name}, key`)
      throwsCode('SEAL_BROKEN', () => aead.open(nonce, associated, sealed.subarray(0, -1)), `${crypto.name}, cut short`)
      // a failure leaves nothing behind: the good frame still opens
      assert.equal(hex(aead.open(nonce, associated, sealed)), hex(plain))
    }
  }), runs(30))
})

test('every single bit of a short sealed frame and of its header counts', () => {
  const aead = node.aead(new Uint8Array(32).fill(1))
  const [nonce, header] = [new Uint8Array(12), new Uint8Array(60).fill(2)]
  const sealed = seal(aead, nonce, header, new Uint8Array(20).fill(3))
  for (let bit = 0; bit < sealed.length * 8; bit++) throwsCode('SEAL_BROKEN', () => aead.open(nonce, header, flipped(sealed, bit)), `bit ${bit}`)
  for (let bit = 0; bit < header.length * 8; bit++) throwsCode('SEAL_BROKEN', () => aead.open(nonce, flipped(header, bit), sealed), `header bit ${bit}`)
})

test('keys, seeds and frames may be wiped after the call, as Uint8Array or as Buffer', () => {
  // Buffer.slice gives a view where Uint8Array.slice copies: the trap this test is for
  for (const make of [(size: number) => new Uint8Array(size).fill(1), (size: number) => Buffer.alloc(size, 1)]) {
    for (const crypto of [node, noble]) {
      const used: Uint8Array[] = []
      const given = (size: number): Uint8Array => used[used.push(make(size)) - 1] as Uint8Array
      const [aead, x25519, kem, sign] = [crypto.aead(given(32)), crypto.x25519KeyPair(given(32)), crypto.kemKeyPair(given(64)), crypto.signer(given(32))]
      const frame = given(100)
      aead.seal(given(12), given(60), frame, 7, 40)
      const sealed = Uint8Array.from(frame.subarray(7, 63))
      const theirs = given(56)
      theirs.set(sealed)
      const plain = aead.open(given(12), given(60), theirs)
      for (const bytes of used) bytes.fill(0)

      const fresh = (size: number): Uint8Array => new Uint8Array(size).fill(1)
      assert.equal(hex(plain), '01'.repeat(40), crypto.name)
      assert.equal(hex(aead.open(fresh(12), fresh(60), sealed)), hex(plain), crypto.name)
      const peer = noble.x25519KeyPair()
      assert.equal(hex(x25519.agree(peer.publicKey)), hex(peer.agree(noble.x25519KeyPair(fresh(32)).publicKey)), crypto.name)
      const { ciphertext, sharedSecret } = noble.encapsulate(noble.kemKeyPair(fresh(64)).publicKey)
      assert.equal(hex(kem.decapsulate(ciphertext)), hex(sharedSecret), crypto.name)
      assert.equal(hex(sign(fresh(5))), hex(noble.signer(fresh(32))(fresh(5))), crypto.name)
    }
  }
})

test('native and noble derive the same X25519 keys and secrets, whatever bytes the peer sends', () => {
  fc.assert(fc.property(exactly(32), exactly(32), exactly(32), (mine, yours, junk) => {
    const [a, b] = [node.x25519KeyPair(mine), noble.x25519KeyPair(mine)]
    assert.equal(hex(a.publicKey), hex(b.publicKey))
    const theirs = noble.x25519KeyPair(yours)
    assert.equal(hex(a.agree(theirs.publicKey)), hex(theirs.agree(a.publicKey)))
    assert.deepEqual(outcome(() => a.agree(junk)), outcome(() => b.agree(junk)))
  }), runs(15))
})

test('native and noble sign alike and accept each other; a flipped bit of key, message or signature is refused by both', () => {
  fc.assert(fc.property(exactly(32), fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (seed, message, flip) => {
    const signature = node.signer(seed)(message)
    assert.equal(hex(signature), hex(noble.signer(seed)(message)))
    const publicKey = ed25519.getPublicKey(seed)
    for (const crypto of [node, noble]) {
      assert.equal(crypto.verify(publicKey, message, signature), true)
      assert.equal(crypto.verify(publicKey, flipped(message, flip), signature), false)
      assert.equal(crypto.verify(publicKey, message, flipped(signature, flip)), false)
      assert.equal(crypto.verify(flipped(publicKey, flip), message, signature), false)
    }
  }), runs(10))
})

test('native and noble derive and hash alike', () => {
  fc.assert(fc.property(upTo(100), upTo(100), fc.oneof(fc.string(), upTo(1024)), fc.integer({ min: 1, max: 300 }), upTo(600), (secret, salt, info, length, input) => {
    assert.equal(hex(node.hkdf(secret, salt, info, length)), hex(noble.hkdf(secret, salt, info, length)))
    assert.equal(hex(node.sha3(input)), hex(noble.sha3(input)))
  }), runs(60))
})

function flipped (bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const at = Math.floor(bit / 8) % copy.length
  copy[at] = (copy[at] as number) ^ 1 << bit % 8
  return copy
}

function outcome (act: () => Uint8Array): string {
  try {
    return hex(act())
  } catch (error) {
    return (error as { code: string }).code
  }
}
