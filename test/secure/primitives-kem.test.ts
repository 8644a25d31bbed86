import assert from 'node:assert/strict'
import { test } from 'node:test'
import { both, bytes, hex, node, noble, throwsCode, wycheproof } from './primitives-support.ts'

interface Decapsulation { readonly seed: string, readonly ek: string, readonly c: string, readonly K: string }
interface Encapsulation { readonly m: string, readonly ek: string, readonly c: string, readonly K: string }

for (const crypto of both) {
  test(`${crypto.name}: Wycheproof mlkem_768 (valid: key and secret, implicit rejection included; seed size: INVALID_VALUE; ciphertext size: HANDSHAKE_FAILED)`, () => {
    const ran = { valid: 0, seed: 0, ciphertext: 0 }
    for (const { test: t } of wycheproof<Decapsulation>('mlkem_768_test.json')) {
      const pair = (): ReturnType<typeof crypto.kemKeyPair> => crypto.kemKeyPair(bytes(t.seed))
      if (t.seed.length !== 128) {
        throwsCode('INVALID_VALUE', pair, `case ${t.tcId}`)
        ran.seed++
      } else if (t.result === 'valid') {
        const kem = pair()
        assert.deepEqual([hex(kem.publicKey), hex(kem.decapsulate(bytes(t.c)))], [t.ek, t.K], `case ${t.tcId}`)
        ran.valid++
      } else {
        const kem = pair()
        throwsCode('HANDSHAKE_FAILED', () => kem.decapsulate(bytes(t.c)), `case ${t.tcId}`)
        ran.ciphertext++
      }
    }
    assert.deepEqual(ran, { valid: 153, seed: 20, ciphertext: 20 })
  })

  test(`${crypto.name}: Wycheproof mlkem_768_encaps (valid: taken, and byte for byte where a seed can be given; not reduced modulo q or mis-sized: HANDSHAKE_FAILED)`, () => {
    const ran = { valid: 0, unreduced: 0, size: 0 }
    for (const { test: t } of wycheproof<Encapsulation>('mlkem_768_encaps_test.json')) {
      const key = bytes(t.ek)
      if (t.result !== 'valid') {
        throwsCode('HANDSHAKE_FAILED', () => crypto.encapsulate(key), `case ${t.tcId}`)
        ran[key.length === 1184 ? 'unreduced' : 'size']++
      } else {
        // OpenSSL takes no randomness, so what it made of the key is checked where the private key is known: below
        const { ciphertext, sharedSecret } = crypto === noble ? crypto.encapsulate(key, bytes(t.m)) : crypto.encapsulate(key)
        if (crypto === noble) assert.deepEqual([hex(ciphertext), hex(sharedSecret)], [t.c, t.K], `case ${t.tcId}`)
        else assert.deepEqual([ciphertext.length, sharedSecret.length], [1088, 32], `case ${t.tcId}`)
        ran.valid++
      }
    }
    assert.deepEqual(ran, { valid: 133, unreduced: 112, size: 20 })
  })

  test(`${crypto.name}: one coefficient at or above q = 3329, wherever it stands, refuses the key; q - 1 does not`, () => {
    const { publicKey } = crypto.kemKeyPair(new Uint8Array(64).fill(7))
    for (const index of [0, 1, 255, 256, 511, 512, 766, 767]) {
      for (const value of [3329, 3330, 4095]) {
        throwsCode('HANDSHAKE_FAILED', () => crypto.encapsulate(withCoefficient(publicKey, index, value)), `coefficient ${index} = ${value}`)
      }
      assert.equal(crypto.encapsulate(withCoefficient(publicKey, index, 3328)).sharedSecret.length, 32)
    }
  })
}

test('OpenSSL and noble open what the other encapsulates, and give the same other secret for a forged ciphertext', () => {
  for (let i = 0; i < 10; i++) {
    const seed = new Uint8Array(64).fill(i + 1)
    const [a, b] = [node.kemKeyPair(seed), noble.kemKeyPair(seed)]
    assert.equal(hex(a.publicKey), hex(b.publicKey))
    const [native, other] = [node.encapsulate(b.publicKey), noble.encapsulate(a.publicKey)]
    assert.equal(hex(b.decapsulate(native.ciphertext)), hex(native.sharedSecret))
    assert.equal(hex(a.decapsulate(other.ciphertext)), hex(other.sharedSecret))

    const forged = Uint8Array.from(native.ciphertext)
    forged[i * 100] = (forged[i * 100] as number) ^ 1
    assert.equal(hex(a.decapsulate(forged)), hex(b.decapsulate(forged)))
    assert.notEqual(hex(a.decapsulate(forged)), hex(native.sharedSecret))
  }
})

test('key pairs and encapsulations without a seed are fresh each time', () => {
  for (const crypto of both) {
    const [a, b] = [crypto.kemKeyPair(), crypto.kemKeyPair()]
    assert.notEqual(hex(a.publicKey), hex(b.publicKey))
    const [one, two] = [crypto.encapsulate(a.publicKey), crypto.encapsulate(a.publicKey)]
    assert.notEqual(hex(one.ciphertext), hex(two.ciphertext))
    assert.equal(hex(a.decapsulate(one.ciphertext)), hex(one.sharedSecret))
    assert.notEqual(hex(b.decapsulate(one.ciphertext)), hex(one.sharedSecret))
    assert.notEqual(hex(crypto.x25519KeyPair().publicKey), hex(crypto.x25519KeyPair().publicKey))
  }
})

/** The key with its `index`-th coefficient of 12 bits replaced (ByteEncode12: two in three bytes, little-endian). */
function withCoefficient (key: Uint8Array, index: number, value: number): Uint8Array {
  const changed = Uint8Array.from(key)
  const at = (index >> 1) * 3
  const [low, middle, high] = changed.subarray(at, at + 3) as unknown as [number, number, number]
  if (index % 2 === 0) changed.set([value & 0xff, (middle & 0xf0) | value >> 8, high], at)
  else changed.set([low, (middle & 0x0f) | (value & 0xf) << 4, value >> 4], at)
  return changed
}
