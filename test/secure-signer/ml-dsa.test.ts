import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ml_dsa65 as noble } from '@noble/post-quantum/ml-dsa.js'
import { HYBRID_KEY_BYTES, HYBRID_SIGNATURE_BYTES, createMessageSigner, createMessageVerifier, signingDomain } from '../../src/secure/signer/index.ts'
import type { SignedMessage } from '../../src/secure/signer/index.ts'
import { createCachedVerify } from '../../src/secure/signer/cached-verify.ts'
import { LABEL, NETWORK, flip, readVectors, signed, signerOf, unhex } from './support.ts'

interface Wycheproof { numberOfTests: number, testGroups: { publicKey: string, tests: { tcId: number, msg: string, sig: string, ctx?: string, result: string }[] }[] }

const privateKey = new Uint8Array(32).fill(1)
const mlDsaKey = new Uint8Array(32).fill(2)
const hybrid = createMessageSigner({ privateKey, mlDsaKey, network: NETWORK })
const verifier = createMessageVerifier({ network: NETWORK })
const invalid = { code: 'SIGNATURE_INVALID' }
const message = signed(hybrid, 'two signatures')
const with_ = (signature: Uint8Array): SignedMessage => ({ ...message, signature })

test('Wycheproof mldsa_65_verify: every one of the 210 results is respected', () => {
  const file = readVectors<Wycheproof>('wycheproof/mldsa_65_verify_test.json')
  const verify = createCachedVerify('ml-dsa-65', 4)
  let run = 0
  for (const { publicKey, tests } of file.testGroups) {
    for (const { tcId, msg, sig, ctx, result } of tests) {
      assert.equal(verify.verify(unhex(publicKey), unhex(msg), unhex(sig), ctx === undefined ? undefined : unhex(ctx)), result === 'valid', `case ${tcId}`)
      run++
    }
  }
  assert.equal(run, 210)
  assert.equal(file.numberOfTests, run)
})

test('a hybrid signature has both halves, each what an independent implementation expects', () => {
  assert.equal(message.signature.length, HYBRID_SIGNATURE_BYTES)
  assert.equal(message.publicKey.length, HYBRID_KEY_BYTES)
  const keys = noble.keygen(mlDsaKey)
  assert.deepEqual(Uint8Array.from(hybrid.publicKey.subarray(32)), keys.publicKey)
  const plain = signerOf(1)
  assert.deepEqual(message.signature.subarray(0, 64), plain.sign(LABEL, message.body), 'the first half is the plain signature')
  const context = signingDomain(LABEL, NETWORK)
  const second = Buffer.concat([plain.publicKey, message.body])
  assert.ok(noble.verify(message.signature.subarray(64), second, keys.publicKey, { context }))
  // and the other way round
  const theirs = noble.sign(second, keys.secretKey, { context })
  assert.equal(verifier.verify(with_(Buffer.concat([message.signature.subarray(0, 64), theirs]))), true)
})

test('both halves must verify: neither stripped, replaced nor damaged', () => {
  verifier.check(message)
  const ed = message.signature.subarray(0, 64)
  const pq = message.signature.subarray(64)
  const other = createMessageSigner({ privateKey: mlDsaKey, mlDsaKey: privateKey, network: NETWORK }).sign(LABEL, message.body)
  const forged: Record<string, Uint8Array> = {
    'only Ed25519': ed,
    'only ML-DSA': pq,
    'zero Ed25519': Buffer.concat([new Uint8Array(64), pq]),
    'zero ML-DSA': Buffer.concat([ed, new Uint8Array(pq.length)]),
    'another key\'s Ed25519': Buffer.concat([other.subarray(0, 64), pq]),
    'another key\'s ML-DSA': Buffer.concat([ed, other.subarray(64)]),
    swapped: Buffer.concat([pq, ed]),
    'one byte short': message.signature.subarray(0, -1),
    'one byte long': Buffer.concat([message.signature, Uint8Array.of(0)]),
    nothing: new Uint8Array()
  }
  for (const [name, signature] of Object.entries(forged)) assert.throws(() => { verifier.check(with_(signature)) }, invalid, name)
  for (const bit of [0, 255, 511, 512, 8 * 3000, 8 * HYBRID_SIGNATURE_BYTES - 1]) assert.throws(() => { verifier.check(flip(message, 'signature', bit)) }, invalid)
})

test('a plain key takes no hybrid signature, and a hybrid key no plain one', () => {
  const plain = signed(signerOf(1), 'two signatures')
  assert.equal(verifier.verify(plain), true)
  assert.equal(verifier.verify({ ...plain, signature: message.signature }), false)
  assert.equal(verifier.verify({ ...message, signature: plain.signature }), false)
})

test('the second signature cannot stand beside another Ed25519 key', () => {
  const thief = signerOf(9)
  const publicKey = Buffer.concat([thief.publicKey, hybrid.publicKey.subarray(32)])
  const signature = Buffer.concat([thief.sign(LABEL, message.body), message.signature.subarray(64)])
  assert.throws(() => { verifier.check({ ...message, publicKey, signature }) }, invalid)
})

test('label, network and body bind the second half by itself', () => {
  const domain = signingDomain(LABEL, NETWORK)
  const half = createCachedVerify('ml-dsa-65', 4)
  const raw = hybrid.publicKey.subarray(32)
  const pq = message.signature.subarray(64)
  const second = Buffer.concat([hybrid.publicKey.subarray(0, 32), message.body])
  assert.equal(half.verify(raw, second, pq, domain), true)
  assert.equal(half.verify(raw, second, pq, signingDomain(LABEL, 'mainnet')), false)
  assert.equal(half.verify(raw, second, pq, signingDomain('TOS-AISHARE-V1', NETWORK)), false)
  assert.equal(half.verify(raw, second, pq), false)
  assert.equal(half.verify(raw, Buffer.concat([second, Uint8Array.of(0)]), pq, domain), false)
})

test('the asynchronous signer makes the same kind of signature', async () => {
  const signature = await hybrid.signAsync(LABEL, message.body)
  assert.equal(verifier.verify(with_(signature)), true)
  assert.throws(() => createMessageSigner({ privateKey, mlDsaKey: new Uint8Array(31), network: NETWORK }), { code: 'INVALID_VALUE' })
})
