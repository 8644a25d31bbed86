import assert from 'node:assert/strict'
import { test } from 'node:test'
import { both, bytes, hex, node, seal, throwsCode, wycheproof } from './primitives-support.ts'

// Every case runs for both implementations but where a test says less. Each test ends by asserting how many cases took which way: an empty file, a renamed
// flag or a loop that skips would change the numbers.

interface Aead { readonly key: string, readonly iv: string, readonly aad: string, readonly msg: string, readonly ct: string, readonly tag: string }
interface Agreement { readonly public: string, readonly private: string, readonly shared: string }
interface Signature { readonly msg: string, readonly sig: string }
interface Derivation { readonly ikm: string, readonly salt: string, readonly info: string, readonly size: number, readonly okm: string }

for (const crypto of both) {
  test(`${crypto.name}: chacha20_poly1305 (valid: seals to it and opens; a modified tag: SEAL_BROKEN; another nonce size: INVALID_VALUE)`, () => {
    const ran = counter()
    for (const { test: t } of wycheproof<Aead>('chacha20_poly1305_test.json')) {
      const [aead, nonce, associated, plain, sealed] = [crypto.aead(bytes(t.key)), bytes(t.iv), bytes(t.aad), bytes(t.msg), bytes(t.ct + t.tag)]
      const what = `case ${t.tcId}`
      if (t.result === 'valid') {
        assert.equal(hex(seal(aead, nonce, associated, plain, t.tcId % 8)), hex(sealed), what)
        assert.equal(hex(aead.open(nonce, associated, sealed)), t.msg, what)
      } else if (t.flags?.includes('InvalidNonceSize') === true) {
        throwsCode('INVALID_VALUE', () => seal(aead, nonce, associated, plain), what)
        throwsCode('INVALID_VALUE', () => aead.open(nonce, associated, sealed), what)
      } else {
        throwsCode('SEAL_BROKEN', () => aead.open(nonce, associated, sealed), what)
      }
      ran.count(t.flags?.includes('InvalidNonceSize') === true ? 'nonce size' : t.result)
    }
    assert.deepEqual(ran.counts, { valid: 256, invalid: 60, 'nonce size': 9 })
  })

  test(`${crypto.name}: x25519 (valid and acceptable: the shared secret, twists and non-canonical keys too; a zero secret: HANDSHAKE_FAILED)`, () => {
    const ran = counter()
    for (const { test: t } of wycheproof<Agreement>('x25519_test.json')) {
      const zero = t.flags?.includes('ZeroSharedSecret') === true
      // these 394 aim at carries between machine words, which bigints do not have: noble takes an eighth of them, and all others
      if (crypto !== node && !zero && t.flags?.includes('EdgeCaseMultiplication') === true && t.tcId % 8 !== 0) continue
      const pair = crypto.x25519KeyPair(bytes(t.private))
      if (zero) throwsCode('HANDSHAKE_FAILED', () => pair.agree(bytes(t.public)), `case ${t.tcId}`)
      else assert.equal(hex(pair.agree(bytes(t.public))), t.shared, `case ${t.tcId}`)
      ran.count(zero ? 'zero' : t.result)
    }
    assert.deepEqual(ran.counts, crypto === node ? { valid: 264, acceptable: 223, zero: 31 } : { valid: 72, acceptable: 75, zero: 31 })
  })

  test(`${crypto.name}: ed25519 (valid: true; malleable, truncated, lengthened, mis-encoded: false)`, () => {
    const ran = counter()
    for (const { group, test: t } of wycheproof<Signature, { publicKey: { pk: string } }>('ed25519_test.json')) {
      assert.equal(crypto.verify(bytes(group.publicKey.pk), bytes(t.msg), bytes(t.sig)), t.result === 'valid', `case ${t.tcId}`)
      ran.count(t.result)
    }
    assert.deepEqual(ran.counts, { valid: 88, invalid: 63 })
  })

  test(`${crypto.name}: hkdf_sha256 (valid: the output; more than 255 blocks: INVALID_VALUE)`, () => {
    const ran = counter()
    for (const { test: t } of wycheproof<Derivation>('hkdf_sha256_test.json')) {
      const derive = (): string => hex(crypto.hkdf(bytes(t.ikm), bytes(t.salt), bytes(t.info), t.size))
      if (t.result === 'valid') assert.equal(derive(), t.okm, `case ${t.tcId}`)
      else throwsCode('INVALID_VALUE', derive, `case ${t.tcId}`)
      ran.count(t.result)
    }
    assert.deepEqual(ran.counts, { valid: 83, invalid: 3 })
  })
}

function counter (): { readonly counts: Record<string, number>, count: (way: string) => void } {
  const counts: Record<string, number> = {}
  return { counts, count: way => { counts[way] = (counts[way] ?? 0) + 1 } }
}
