import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, property, uint8Array } from '../support/fast-check.ts'
import type { Arbitrary } from 'fast-check'
import { createOpensslAead } from '../../src/secure/node-aead.ts'
import { createWasmAead, WASM_MAX_BYTES } from '../../src/secure/wasm-aead.ts'
import { createNobleAead } from '../../src/secure/noble-aead.ts'

const bytes = (max: number): Arbitrary<Uint8Array> => uint8Array({ maxLength: max })
const fixed = (size: number): Arbitrary<Uint8Array> => uint8Array({ minLength: size, maxLength: size })

test('OpenSSL, WebAssembly and noble seal the same bytes, and open each other’s, whatever came before', () => {
  check(property(fixed(32), fixed(12), bytes(300), bytes(WASM_MAX_BYTES), (key, nonce, associated, plain) => {
    const all = [createOpensslAead(key), createWasmAead(key), createNobleAead(key)]
    const sealed = all.map(aead => {
      const out = new Uint8Array(plain.length + 16)
      out.set(plain)
      aead.seal(nonce, associated, out, 0, plain.length)
      return out
    })
    for (const one of sealed) assert.deepEqual(one, sealed[0])
    for (const aead of all) assert.deepEqual(Buffer.from(aead.open(nonce, associated, sealed[0] as Uint8Array)), Buffer.from(plain))
  }), { numRuns: 150 })
})

test('the largest message and associated data fit the scratch memory', () => {
  const [key, nonce, big] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2), new Uint8Array(WASM_MAX_BYTES).fill(3)]
  const [ours, theirs] = [createWasmAead(key), createOpensslAead(key)].map(aead => {
    const out = new Uint8Array(WASM_MAX_BYTES + 16)
    out.set(big)
    aead.seal(nonce, big, out, 0, big.length)
    return out
  })
  assert.deepEqual(ours, theirs)
})

test('a flipped bit anywhere in message, tag or associated data is refused', () => {
  const [key, nonce, associated] = [new Uint8Array(32).fill(4), new Uint8Array(12).fill(5), new Uint8Array(60).fill(6)]
  const aead = createWasmAead(key)
  const sealed = new Uint8Array(40 + 16)
  aead.seal(nonce, associated, sealed, 0, 40)
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Uint8Array.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.throws(() => aead.open(nonce, associated, changed), { code: 'SEAL_BROKEN' })
  }
  assert.throws(() => aead.open(nonce, associated.subarray(1), sealed), { code: 'SEAL_BROKEN' })
  assert.equal(aead.open(nonce, associated, sealed).length, 40)
})
