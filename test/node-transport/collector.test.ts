import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { collecting, createYoungCollection } from '../../src/node/transport/bulk-collector.ts'
import { createNoiseCrypto } from '../../src/node/transport/noise-crypto.ts'

const MIB = 1024 * 1024
const key = new Uint8Array(32).fill(1)
const nonce = new Uint8Array(12)
const ad = new Uint8Array(0)

test('collects once per so many bytes, sealed and opened together, and passes every byte on', () => {
  let collections = 0
  const plain = createNoiseCrypto()
  const counted = collecting(plain, () => { collections++ }, 1000)
  const text = new Uint8Array(400).fill(7)
  const sealed = counted.chaCha20Poly1305Encrypt(text, nonce, ad, key)
  assert.deepEqual(sealed, plain.chaCha20Poly1305Encrypt(text, nonce, ad, key))
  counted.chaCha20Poly1305Encrypt(text, nonce, ad, key)
  assert.equal(collections, 0)
  assert.deepEqual(Uint8Array.from(counted.chaCha20Poly1305Decrypt(sealed.subarray(), nonce, ad, key).subarray()), text)
  assert.equal(collections, 1)
  // the count starts afresh
  counted.chaCha20Poly1305Encrypt(text, nonce, ad, key)
  assert.equal(collections, 1)
  assert.deepEqual(counted.hashSHA256(text), plain.hashSHA256(text))
})

test('a young collection frees dead network buffers that the engine would keep', async () => {
  const collect = createYoungCollection()
  collect()
  const before = process.memoryUsage().arrayBuffers
  const waste = (): number => Array.from({ length: 32 }, () => new Uint8Array(MIB)).length
  assert.equal(waste(), 32)
  const grown = (): number => (process.memoryUsage().arrayBuffers - before) / MIB
  // the engine gives the memory back on a thread of its own: look again for a while
  for (let turn = 0; turn < 200 && grown() >= 8; turn++) {
    collect()
    await nextTurn()
  }
  assert.ok(grown() < 8, `${grown()} MiB of 32 are still held`)
  assert.equal((globalThis as { gc?: unknown }).gc, undefined, 'the collector stays out of the global scope')
})
