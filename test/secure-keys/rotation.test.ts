import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import * as fc from '../support/fast-check.ts'
import { chainFromJson, chainToJson, decodeRotation, encodeRotation, signRotation, verifyRotation, verifyRotationChain } from '../../src/secure/keys/index.ts'
import type { Rotation } from '../../src/secure/keys/index.ts'

const NOW = 1_800_000_000n
const context = { network: 'devnet', now: NOW }
const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n)
const rotate = (from: number, to: number, facts: Partial<Pick<Rotation, 'network' | 'time' | 'sequence' | 'reason'>> = {}): Rotation =>
  signRotation(seedOf(from), seedOf(to), { network: 'devnet', time: NOW - 10n, sequence: 1, reason: 'yearly', ...facts })

test('both keys sign the label, the network and the fields, byte for byte', () => {
  const { oldKey, newKey, oldSignature, newSignature } = rotate(1, 2, { time: 0x0102030405060708n, sequence: 0x0a0b0c0d, reason: 'why' })
  const message = Buffer.concat([
    Buffer.from('TOS-KEY-ROTATION-V1'), Buffer.from([0, 6]), Buffer.from('devnet'), ed25519.getPublicKey(seedOf(1)), ed25519.getPublicKey(seedOf(2)),
    Buffer.from('0807060504030201', 'hex'), Buffer.from('0d0c0b0a', 'hex'), Buffer.from('0300000000000000', 'hex'), Buffer.from('why')
  ])
  assert.deepEqual(Buffer.from(oldSignature), Buffer.from(ed25519.sign(message, seedOf(1))))
  assert.deepEqual(Buffer.from(newSignature), Buffer.from(ed25519.sign(message, seedOf(2))))
  assert.deepEqual([Buffer.from(oldKey), Buffer.from(newKey)], [Buffer.from(ed25519.getPublicKey(seedOf(1))), Buffer.from(ed25519.getPublicKey(seedOf(2)))])
})

test('a rotation survives its encoding and verifies; any changed byte of it does not', () => {
  const data = encodeRotation(rotate(1, 2))
  verifyRotation(decodeRotation(data), context)
  for (let at = 0; at < data.length; at++) {
    const changed = Uint8Array.from(data)
    changed[at] = (changed[at] as number) ^ 0x01
    assert.throws(() => verifyRotation(decodeRotation(changed), context), `byte ${at}`)
  }
})

test('every rotation of two different keys within the time verifies, and survives JSON', () => {
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const facts = fc.record({ network: fc.stringMatching(/^[a-z0-9-]{1,32}$/), time: fc.bigInt(1_735_689_600n, NOW + 300n), sequence: fc.integer({ min: 1, max: 0xffff_ffff }), reason: fc.stringMatching(/^[ -~é]{0,64}$/) })
  fc.assert(fc.property(seed, seed, facts, (from, to, facts) => {
    fc.pre(!Buffer.from(from).equals(to))
    const made = signRotation(from, to, facts)
    verifyRotation(made, { network: facts.network, now: NOW })
    const [back] = chainFromJson(chainToJson([made]))
    assert.deepEqual(encodeRotation(back as Rotation), encodeRotation(made))
  }), { numRuns: 50 })
})

test('either signature alone is not enough', () => {
  const good = rotate(1, 2)
  const stranger = rotate(3, 2)
  assert.throws(() => verifyRotation({ ...good, oldSignature: stranger.oldSignature }, context), { code: 'SIGNATURE_INVALID', details: { signer: 'old' } })
  assert.throws(() => verifyRotation({ ...good, newSignature: good.oldSignature }, context), { code: 'SIGNATURE_INVALID', details: { signer: 'new' } })
  // the holder of one key cannot speak for both
  assert.throws(() => verifyRotation({ ...good, oldSignature: good.newSignature, newSignature: good.oldSignature }, context), { code: 'SIGNATURE_INVALID' })
})

test('keys that sign everything, or are no keys, sign nothing here', () => {
  const { newKey } = rotate(1, 2)
  // the neutral element verifies any message with S = 0, R = itself in a lax verifier
  const neutral = Uint8Array.from({ length: 32 }, (_, i) => i === 0 ? 1 : 0)
  const forged = Uint8Array.from({ length: 64 }, (_, i) => i === 0 ? 1 : 0)
  for (const oldKey of [neutral, new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
    assert.throws(() => verifyRotation({ ...rotate(1, 2), oldKey, newKey, oldSignature: forged }, context), { code: 'SIGNATURE_INVALID', details: { signer: 'old' } })
  }
})

test('rotations that break a rule are refused by the name of the rule', () => {
  const rows: Array<[Rotation, string]> = [
    [rotate(1, 1), 'same_key'], [rotate(1, 2, { network: 'mainnet' }), 'network'], [rotate(1, 2, { time: NOW + 301n }), 'time'],
    [rotate(1, 2, { time: 0n }), 'time'], [rotate(1, 2, { time: 2n ** 64n - 1n }), 'time'], [rotate(1, 2, { sequence: 0 }), 'sequence']
  ]
  for (const [value, rule] of rows) assert.throws(() => verifyRotation(value, context), { code: 'ROTATION_INVALID', details: { rule } })
  verifyRotation(rotate(1, 2, { time: NOW + 300n }), context)
  for (const facts of [{ network: 'Main Net' }, { reason: 'x'.repeat(129) }, { reason: 'two\nlines' }]) assert.throws(() => encodeRotation(rotate(1, 2, facts)))
})

test('a chain leads from the first key to the last; one that does not hang together is refused', () => {
  const one = rotate(1, 2)
  const two = rotate(2, 3, { sequence: 2 })
  const three = rotate(3, 4, { sequence: 3, time: NOW })
  const { first, last } = verifyRotationChain([one, two, three], context)
  assert.deepEqual([first, last], [one.oldKey, three.newKey])
  const rows: Array<[string, Rotation[]]> = [
    ['length', []], ['sequence', [two]], ['sequence', [one, three]], ['sequence', [one, rotate(2, 3)]], ['link', [one, rotate(5, 3, { sequence: 2 })]],
    ['time', [one, rotate(2, 3, { sequence: 2, time: NOW - 11n })]], ['reused_key', [one, two, rotate(3, 1, { sequence: 3 })]],
    ['reused_key', [one, rotate(2, 1, { sequence: 2 })]], ['network', [one, rotate(2, 3, { sequence: 2, network: 'lab' })]]
  ]
  for (const [rule, chain] of rows) assert.throws(() => verifyRotationChain(chain, context), { code: 'ROTATION_INVALID', details: { rule } }, rule)
})

test('a file that holds something else is refused, and nothing of it is repeated', () => {
  for (const text of ['', '{}', '[]', 'zoo zoo secret', '{"rotations":[]}', '{"rotations":["secret"]}', `{"rotations":[${'0,'.repeat(600_000)}0]}`]) {
    assert.throws(() => chainFromJson(text), error => (error as { code: string }).code === 'ROTATION_INVALID' && !JSON.stringify(error).includes('secret'))
  }
})
