import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import * as fc from '../support/fast-check.ts'
import { createMessageSigner, createMessageVerifier, signingDomain } from '../../src/secure/signer/index.ts'
import { LABEL, NETWORK, flip, readVectors, signed, signerOf, unhex } from './support.ts'

interface Vectors { vote: { network: string, secret_key_rfc8032_test1: string, signed_bytes: string, signature: string } }

const verifier = createMessageVerifier({ network: NETWORK })
const invalidValue = { code: 'INVALID_VALUE' }

test('the golden vote: the same signed bytes, the same signature', () => {
  const { vote } = readVectors<Vectors>('frames.json')
  const all = unhex(vote.signed_bytes)
  const domain = signingDomain(LABEL, vote.network)
  assert.deepEqual(Uint8Array.from(domain), all.subarray(0, domain.length))
  const body = all.subarray(domain.length)
  const signer = createMessageSigner({ privateKey: unhex(vote.secret_key_rfc8032_test1), network: vote.network })
  assert.equal(Buffer.from(signer.sign(LABEL, body)).toString('hex'), vote.signature)
  const mainnet = createMessageVerifier({ network: vote.network })
  const message = { label: LABEL, body, publicKey: signer.publicKey, signature: unhex(vote.signature) }
  assert.equal(mainnet.verify(message), true)
  assert.equal(verifier.verify(message), false, 'not on another network')
})

test('a signature holds for its label, network, body and key alone', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.constantFrom('body', 'publicKey', 'signature'), (bytes, bit, field) => {
    const body = Uint8Array.of(7, ...bytes)
    const signer = signerOf(3)
    const message = { label: LABEL, body, publicKey: signer.publicKey, signature: signer.sign(LABEL, body) }
    assert.equal(verifier.verify(message), true)
    assert.equal(verifier.verify(flip(message, field as 'body', bit)), false)
    assert.equal(verifier.verify({ ...message, label: 'TOS-AISHARE-V1' }), false)
    assert.equal(verifier.verify({ ...message, signature: signerOf(3, 'testnet').sign(LABEL, body) }), false)
    assert.equal(verifier.verify({ ...message, signature: signerOf(4).sign(LABEL, body) }), false)
  }), { numRuns: 40 })
})

test('signatures are those of an independent implementation, synchronous or not', async () => {
  const seed = new Uint8Array(32).fill(5)
  const signer = createMessageSigner({ privateKey: seed, network: NETWORK })
  const body = unhex('0102')
  const expected = ed25519.sign(Uint8Array.from(Buffer.concat([signingDomain(LABEL, NETWORK), body])), seed)
  assert.deepEqual(Uint8Array.from(signer.sign(LABEL, body)), expected)
  assert.deepEqual(Uint8Array.from(await signer.signAsync(LABEL, body)), expected)
})

test('no two pairs of label and network share a domain, and none begins another', () => {
  const label = fc.stringMatching(/^[\x21-\x7e]{1,8}$/)
  const network = fc.stringMatching(/^[a-z0-9-]{1,8}$/)
  fc.assert(fc.property(label, network, label, network, (label, network, otherLabel, otherNetwork) => {
    fc.pre(label !== otherLabel || network !== otherNetwork)
    const domain = Buffer.from(signingDomain(label, network))
    const other = Buffer.from(signingDomain(otherLabel, otherNetwork))
    assert.notDeepEqual(domain.subarray(0, other.length), other)
  }))
  assert.equal(signingDomain('x'.repeat(64), 'y'.repeat(32)).length, 98)
})

test('labels and networks outside their alphabet are refused', () => {
  for (const label of ['', 'A\0B', 'A B', 'Ä', 'x'.repeat(65)]) assert.throws(() => signingDomain(label, NETWORK), invalidValue)
  for (const network of ['', 'MAIN', 'a.b', 'ä', 'x'.repeat(33)]) {
    assert.throws(() => signingDomain(LABEL, network), invalidValue)
    assert.throws(() => createMessageVerifier({ network }), invalidValue)
    assert.throws(() => createMessageSigner({ privateKey: new Uint8Array(32), network }), invalidValue)
  }
})

test('a seed and a KeyObject make the same signer; other keys are refused', () => {
  const der = Buffer.concat([unhex('302e020100300506032b657004220420'), new Uint8Array(32).fill(3)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  assert.deepEqual(createMessageSigner({ privateKey, network: NETWORK }).publicKey, signerOf(3).publicKey)
  const pair = generateKeyPairSync('ed25519')
  for (const wrong of [new Uint8Array(31), new Uint8Array(64), pair.publicKey, generateKeyPairSync('x25519').privateKey]) {
    assert.throws(() => createMessageSigner({ privateKey: wrong, network: NETWORK }), invalidValue)
  }
})

test('the seed may be wiped once the signer is made', () => {
  const seed = new Uint8Array(32).fill(6)
  const signer = createMessageSigner({ privateKey: seed, network: NETWORK })
  seed.fill(0)
  assert.equal(verifier.verify(signed(signer, 'wiped')), true)
  assert.deepEqual(signer.publicKey, signerOf(6).publicKey)
})

test('check throws SIGNATURE_INVALID, and remembers only keys that signed something, the last few of them', () => {
  const small = createMessageVerifier({ network: NETWORK, maxKeys: 3 })
  const forged = flip(signed(signerOf(1), 'forged'), 'signature', 9)
  assert.throws(() => { small.check(forged) }, { code: 'SIGNATURE_INVALID', details: { label: LABEL } })
  assert.equal(small.dump().keys, 0)
  for (let seed = 1; seed <= 8; seed++) small.check(signed(signerOf(seed), 'kept'))
  assert.equal(small.dump().keys, 3)
})
