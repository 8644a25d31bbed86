import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import * as fc from '../support/fast-check.ts'
import { createSignatureCheck } from '../../src/secure/signer/signature-check.ts'
import { isStrictKey, isStrictSignature } from '../../src/secure/signer/strict-points.ts'
import { createMessageSigner } from '../../src/secure/signer/index.ts'
import { readVectors, response, scalarBytes, unhex } from './support.ts'

interface Wycheproof { numberOfTests: number, testGroups: { publicKey: { pk: string }, tests: { tcId: number, msg: string, sig: string, result: string }[] }[] }

const { Point } = ed25519
const L = Point.Fn.ORDER
const P = (1n << 255n) - 19n
const check = createSignatureCheck(64)
const verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => check.verify({ publicKey, message, signature, domainBytes: 0 })
const noble = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => ed25519.verify(signature, message, publicKey, { zip215: false })

test('Wycheproof ed25519: every one of the 151 results is respected', () => {
  const file = readVectors<Wycheproof>('wycheproof/ed25519_test.json')
  let run = 0
  for (const { publicKey, tests } of file.testGroups) {
    for (const { tcId, msg, sig, result } of tests) {
      assert.equal(verify(unhex(publicKey.pk), unhex(msg), unhex(sig)), result === 'valid', `case ${tcId}`)
      run++
    }
  }
  assert.equal(run, 151)
  assert.equal(file.numberOfTests, run)
})

// RFC 8032 §7.1: secret key, public key, message, signature
const RFC8032 = [
  ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'],
  ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'],
  ['c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', 'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a']
].map(row => row.map(unhex)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array][]

test('RFC 8032 §7.1: keys are derived and signatures accepted as printed', () => {
  for (const [seed, publicKey, message, signature] of RFC8032) {
    assert.deepEqual(Uint8Array.from(createMessageSigner({ privateKey: seed, network: 'devnet' }).publicKey), publicKey)
    assert.equal(verify(publicKey, message, signature), true)
  }
})

test('small-order keys verify nothing, in any of their encodings', () => {
  const encodings = ED25519_TORSION_SUBGROUP.map(unhex)
  // y = 0 and y = 1 again as p and p + 1, and x = 0 with a sign
  for (const y of [P, P + 1n, 1n, P - 1n]) encodings.push(scalarBytes(y), scalarBytes(y | 1n << 255n))
  let wouldHold = 0
  for (const key of encodings) {
    assert.equal(isStrictKey(key), false)
    for (let turn = 0; turn < 6; turn++) {
      const message = Uint8Array.of(turn)
      for (const r of [scalarBytes(1n), Point.BASE.toBytes()]) {
        const s = r[0] === 1 ? 0n : 1n
        const signature = Uint8Array.from(Buffer.concat([r, scalarBytes(s)]))
        assert.equal(verify(key, message, signature), false)
        // the same without our rules, cofactored: these are forgeries that a lax verifier takes
        if (ed25519.verify(signature, message, key, { zip215: true })) wouldHold++
      }
    }
  }
  assert.ok(wouldHold > 40, `only ${wouldHold} of the forgeries fool a lax verifier`)
})

test('keys with y of 2^255 − 19 or more are refused, the largest canonical one is not', () => {
  for (let y = P; y < 1n << 255n; y++) {
    assert.equal(isStrictKey(scalarBytes(y)), false)
    assert.equal(isStrictKey(scalarBytes(y | 1n << 255n)), false)
  }
  assert.equal(isStrictKey(scalarBytes(P - 2n)), true)
  assert.equal(isStrictKey(new Uint8Array(31)), false)
})

test('S of L or more is refused though the equation holds; S = L − 1 is not', () => {
  const secret = 12345n
  const publicKey = Point.BASE.multiply(secret).toBytes()
  const r = Point.BASE.multiply(7n).toBytes()
  const message = unhex('00')
  const s = response(7n, secret, r, publicKey, message)
  const withS = (value: bigint): Uint8Array => Uint8Array.from(Buffer.concat([r, scalarBytes(value)]))
  assert.equal(verify(publicKey, message, withS(s)), true)
  for (const times of [1n, 2n, 8n, 15n]) assert.equal(verify(publicKey, message, withS(s + times * L)), false)
  assert.equal(isStrictSignature(withS(L - 1n)), true)
  assert.equal(isStrictSignature(withS(L)), false)
  assert.equal(isStrictSignature(withS(0n)), true)
})

test('R of small order is refused, also where the equation holds', () => {
  const secret = 12345n
  const publicKey = Point.BASE.multiply(secret).toBytes()
  for (const hex of ED25519_TORSION_SUBGROUP) {
    const r = unhex(hex)
    const signature = Uint8Array.from(Buffer.concat([r, scalarBytes(response(0n, secret, r, publicKey, unhex('01')))]))
    assert.equal(noble(publicKey, unhex('01'), signature), true, 'the case is built right')
    assert.equal(verify(publicKey, unhex('01'), signature), false)
  }
})

test('verification is cofactorless: a key of mixed order holds only where k is a multiple of 8', () => {
  const secret = 12345n
  const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1] as string)
  const publicKey = Point.BASE.multiply(secret).add(torsion).toBytes()
  let accepted = 0
  for (let nonce = 1n; nonce <= 40n; nonce++) {
    const point = Point.BASE.multiply(nonce)
    const r = point.toBytes()
    const s = response(nonce, secret, r, publicKey, unhex('02'))
    const signature = Uint8Array.from(Buffer.concat([r, scalarBytes(s)]))
    // the equation as RFC 8032 writes it, without the factor 8
    const k = response(0n, 1n, r, publicKey, unhex('02'))
    const holds = Point.BASE.multiply(s).equals(point.add(Point.fromBytes(publicKey).multiplyUnsafe(k)))
    assert.equal(noble(publicKey, unhex('02'), signature), true)
    assert.equal(verify(publicKey, unhex('02'), signature), holds)
    if (holds) accepted++
  }
  assert.ok(accepted > 0 && accepted < 20)
})

test('native and noble agree on honest and on damaged signatures', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 511 }), (seed, message, bit) => {
    const publicKey = ed25519.getPublicKey(seed)
    const signature = ed25519.sign(message, seed)
    assert.equal(verify(publicKey, message, signature), true)
    signature[bit >>> 3] = (signature[bit >>> 3] as number) ^ 1 << (bit & 7)
    assert.equal(verify(publicKey, message, signature), false)
    assert.equal(noble(publicKey, message, signature), false)
  }), { numRuns: 25 })
})

test('whatever bytes claim to be a key or a signature, the answer is false and nothing is thrown or cached', () => {
  const fresh = createSignatureCheck(8)
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.uint8Array({ maxLength: 8 }), (publicKey, signature, message) => {
    signature[63] = (signature[63] as number) & 0x0f
    assert.equal(fresh.verify({ publicKey, signature, message, domainBytes: 0 }), false)
  }), { numRuns: 100 })
  assert.equal(fresh.keys, 0)
})
