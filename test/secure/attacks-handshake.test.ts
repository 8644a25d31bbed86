import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import { DiallerHandshake, ListenerHandshake, M1_BYTES, M2_BYTES, M3_BYTES } from '../../src/secure/handshake.ts'
import type { HandshakeOptions } from '../../src/secure/handshake.ts'
import { helloSchema } from '../../src/secure/hello.ts'
import { createNobleCrypto } from '../../src/secure/noble-crypto.ts'
import { createNodeCrypto } from '../../src/secure/node-crypto.ts'
import type { SessionCrypto } from '../../src/secure/session-crypto.ts'
import { encode, toHex } from '../../src/wire/index.ts'
import { codeOf, flip } from '../support/frames.ts'
import { GOOD_HELLO, identity, runHandshake, sideOptions } from '../support/handshake-pair.ts'
import type { Identity } from '../support/handshake-pair.ts'
import { hostileDialler, hostileM2 } from '../support/hostile-handshake.ts'

const person = (fill: number): Identity => {
  const seed = new Uint8Array(32).fill(fill)
  return identity(seed, ed25519.getPublicKey(seed))
}
const [alice, bob, mallory] = [person(1), person(2), person(3)]
const PARTIES = { network: 'devnet', dialler: alice.peerId, listener: bob.peerId, epoch: 0 }

type Changes = Partial<HandshakeOptions>
const dialling = (crypto: SessionCrypto, changes: Changes = {}): HandshakeOptions => sideOptions(crypto, alice, bob, PARTIES, changes)
const listening = (crypto: SessionCrypto, changes: Changes = {}): HandshakeOptions => sideOptions(crypto, bob, alice, PARTIES, changes)

/** Runs an exchange with a man in the middle and says which side refuses, and how. */
function attacked (crypto: SessionCrypto, { dialler = {}, listener = {}, m1 = same, m2 = same, m3 = same }: { dialler?: Changes, listener?: Changes, m1?: (m: Uint8Array) => Uint8Array, m2?: (m: Uint8Array) => Uint8Array, m3?: (m: Uint8Array) => Uint8Array }): string {
  const ours = new DiallerHandshake(dialling(crypto, dialler))
  let theirs: ListenerHandshake | undefined
  const first = codeOf(() => { theirs = new ListenerHandshake(listening(crypto, listener), m1(ours.m1)) })
  if (theirs === undefined) return `listener at M1: ${first}`
  const answering: ListenerHandshake = theirs
  let sent: Uint8Array | undefined
  const second = codeOf(() => { sent = ours.finish(m2(answering.m2)).m3 })
  if (sent === undefined) return `dialler at M2: ${second}`
  const last = m3(sent)
  const third = codeOf(() => { answering.finish(last) })
  return third === 'nothing thrown' ? 'agreed' : `listener at M3: ${third}`
}
const same = (m: Uint8Array): Uint8Array => m

/** Offsets of the fields: their first and last bytes, and places in between. */
const PLACES = {
  m1: [0, 15, 31, 32, 600, 1183, 1184, 1215],
  m2: [0, 31, 32, 600, 1119, 1120, 1150, 1183, 1184, 1200, 1260],
  m3: [0, 31, 63, 64, 80, 100, 130]
}
/** A byte taken out of each field of a message, and one put in. */
const shorter = (at: number) => (m: Uint8Array): Uint8Array => Buffer.concat([m.subarray(0, at), m.subarray(at + 1)])
const longer = (at: number) => (m: Uint8Array): Uint8Array => Buffer.concat([m.subarray(0, at), Uint8Array.of(0), m.subarray(at)])

for (const crypto of [createNodeCrypto(), createNobleCrypto()]) {
  const { name } = crypto

  test(`${name}: the harness itself agrees when nobody attacks`, () => {
    assert.equal(attacked(crypto, {}), 'agreed')
  })

  test(`${name}: a byte more or less in any field of M1 is refused by its size`, () => {
    for (const at of [0, 32, 1215]) for (const change of [shorter(at), longer(at)]) {
      assert.equal(attacked(crypto, { m1: change }), 'listener at M1: HANDSHAKE_FAILED')
    }
    assert.equal(M1_BYTES, 32 + 1184)
    for (const size of [0, M1_BYTES - 1, M1_BYTES + 1]) assert.equal(codeOf(() => new ListenerHandshake(listening(crypto), new Uint8Array(size))), 'HANDSHAKE_FAILED')
  })

  test(`${name}: a byte more or less in any field of M2 or M3 is refused`, () => {
    for (const at of [0, 32, 1120, 1184, 1216, 1258]) for (const change of [shorter(at), longer(at)]) {
      assert.match(attacked(crypto, { m2: change }), /^dialler at M2: (?:SEAL_BROKEN|HANDSHAKE_FAILED)$/)
    }
    for (const at of [0, 64, 96, 130]) for (const change of [shorter(at), longer(at)]) {
      assert.match(attacked(crypto, { m3: change }), /^listener at M3: SEAL_BROKEN$/)
    }
  })

  test(`${name}: M2 and M3 outside their sizes are refused before any key is touched`, () => {
    // were a key touched, decapsulating zeros would end in SEAL_BROKEN
    for (const size of [0, M2_BYTES.min - 1, M2_BYTES.max + 1]) assert.equal(codeOf(() => new DiallerHandshake(dialling(crypto)).finish(new Uint8Array(size))), 'HANDSHAKE_FAILED')
    assert.equal(codeOf(() => new DiallerHandshake(dialling(crypto)).finish(new Uint8Array(M2_BYTES.min).fill(9))), 'SEAL_BROKEN')
    for (const size of [0, M3_BYTES.min - 1, M3_BYTES.max + 1]) assert.equal(attacked(crypto, { m3: () => new Uint8Array(size) }), 'listener at M3: HANDSHAKE_FAILED')
    for (const size of [M3_BYTES.min, M3_BYTES.max]) assert.equal(attacked(crypto, { m3: () => new Uint8Array(size) }), 'listener at M3: SEAL_BROKEN')
  })

  test(`${name}: the longest Hello fits, and its messages have the sizes the README gives`, () => {
    const hello = { ...GOOD_HELLO, tips: Array.from({ length: 32 }, () => new Uint8Array(32)), userAgent: 'x'.repeat(256) }
    const { m1, m2, m3 } = runHandshake(dialling(crypto, { hello }), listening(crypto, { hello }))
    assert.deepEqual([m1.length, m2.length, m3.length], [1216, 2545, 1425])
    const empty = { ...GOOD_HELLO, userAgent: '' }
    const least = runHandshake(dialling(crypto, { hello: empty }), listening(crypto, { hello: empty }))
    assert.deepEqual([least.m2.length, least.m3.length], [1265, 145])
    assert.deepEqual([M2_BYTES.min, M3_BYTES.min], [1265, 145])
  })

  test(`${name}: every flipped byte of M1, M2 and M3 is refused, and by the side that must notice`, () => {
    // noble is slow, and does the same with either bit
    for (const mask of name === 'noble' ? [1] : [1, 0x80]) {
      // byte 31 with 0x80 is the bit that X25519 ignores: the transcript does not
      for (const at of PLACES.m1) assert.match(attacked(crypto, { m1: m => flip(m, at, mask) }), /^(?:listener at M1: HANDSHAKE_FAILED|dialler at M2: SEAL_BROKEN)$/, `M1 byte ${at}`)
      for (const at of PLACES.m2) assert.equal(attacked(crypto, { m2: m => flip(m, at, mask) }), 'dialler at M2: SEAL_BROKEN', `M2 byte ${at}`)
      for (const at of PLACES.m3) assert.equal(attacked(crypto, { m3: m => flip(m, at, mask) }), 'listener at M3: SEAL_BROKEN', `M3 byte ${at}`)
    }
    assert.equal(attacked(crypto, { m1: m => flip(m, 31, 0x80) }), 'dialler at M2: SEAL_BROKEN')
  })

  test(`${name}: points of small order give no session, from either side`, () => {
    const p = (1n << 255n) - 19n
    const points = [0n, 1n, p - 1n, p, p + 1n].map(value => Uint8Array.from({ length: 32 }, (_, i) => Number(value >> BigInt(8 * i) & 0xffn)))
    points.push(Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex'), Buffer.from('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157', 'hex'))
    for (const point of points) {
      assert.equal(attacked(crypto, { m1: m => Buffer.concat([point, m.subarray(32)]) }), 'listener at M1: HANDSHAKE_FAILED', toHex(point))
      assert.equal(attacked(crypto, { m2: m => Buffer.concat([point, m.subarray(32)]) }), 'dialler at M2: HANDSHAKE_FAILED', toHex(point))
    }
  })

  test(`${name}: an ML-KEM key with a coefficient of q or more is refused`, () => {
    const withCoefficient = (index: number, value: number) => (m1: Uint8Array): Uint8Array => {
      const copy = Uint8Array.from(m1)
      // two coefficients of 12 bits in three bytes, little-endian
      const at = 32 + Math.floor(index / 2) * 3
      if (index % 2 === 0) { copy[at] = value & 0xff; copy[at + 1] = (copy[at + 1] as number) & 0xf0 | value >> 8 } else { copy[at + 1] = (copy[at + 1] as number) & 0x0f | (value & 0xf) << 4; copy[at + 2] = value >> 4 }
      return copy
    }
    for (const index of [0, 1, 383, 767]) for (const value of [3329, 4095]) assert.equal(attacked(crypto, { m1: withCoefficient(index, value) }), 'listener at M1: HANDSHAKE_FAILED', `${index} = ${value}`)
    // the largest allowed one passes the check, and only the transcript notices the change
    for (const index of [0, 767]) assert.equal(attacked(crypto, { m1: withCoefficient(index, 3328) }), 'dialler at M2: SEAL_BROKEN')
  })

  test(`${name}: a signature by another key, over something else, or of zeros is refused on both sides`, () => {
    const wrong: Record<string, HandshakeOptions['sign']> = {
      'another key': crypto.signer(mallory.seed),
      'another message': message => crypto.signer(bob.seed)(flip(message, 0)),
      zeros: () => new Uint8Array(64)
    }
    for (const [what, sign] of Object.entries(wrong)) {
      assert.equal(attacked(crypto, { listener: { sign } }), 'dialler at M2: SIGNATURE_INVALID', what)
      assert.equal(attacked(crypto, { dialler: { sign } }), 'listener at M3: SIGNATURE_INVALID', what)
    }
    // either signature is made with the label of its role, so the other role's does not do
    const asDialler: HandshakeOptions['sign'] = message => crypto.signer(bob.seed)(Buffer.concat([Buffer.from('TOS-SESSION-1 dialler'), message.subarray('TOS-SESSION-1 listener'.length)]))
    assert.equal(attacked(crypto, { listener: { sign: asDialler } }), 'dialler at M2: SIGNATURE_INVALID')
  })

  test(`${name}: two sides that do not mean the same exchange do not agree`, () => {
    const others: Record<string, HandshakeOptions['parties']> = {
      network: { ...PARTIES, network: 'mainnet' },
      'network with a byte moved to the peer id': { ...PARTIES, network: 'devne' },
      'roles swapped': { ...PARTIES, dialler: bob.peerId, listener: alice.peerId },
      'another dialler': { ...PARTIES, dialler: mallory.peerId },
      'another listener': { ...PARTIES, listener: mallory.peerId },
      'epoch 1': { ...PARTIES, epoch: 1 }
    }
    for (const [what, parties] of Object.entries(others)) {
      assert.equal(attacked(crypto, { listener: { parties } }), 'dialler at M2: SEAL_BROKEN', what)
      assert.equal(attacked(crypto, { dialler: { parties } }), 'dialler at M2: SEAL_BROKEN', what)
      assert.equal(attacked(crypto, { dialler: { parties }, listener: { parties } }), 'agreed', `${what}, both`)
    }
    assert.equal(attacked(crypto, { dialler: { parties: { ...PARTIES, epoch: 2 } }, listener: { parties: { ...PARTIES, epoch: 3 } } }), 'dialler at M2: SEAL_BROKEN')
    // who the connection says the other is, is who must have signed
    assert.equal(attacked(crypto, { dialler: { remote: mallory.nodeId } }), 'dialler at M2: SIGNATURE_INVALID')
    assert.equal(attacked(crypto, { listener: { remote: mallory.nodeId } }), 'listener at M3: SIGNATURE_INVALID')
  })

  test(`${name}: two diallers, or a side that gets its own messages back, agree on nothing`, () => {
    const ours = new DiallerHandshake(dialling(crypto))
    assert.equal(codeOf(() => ours.finish(new DiallerHandshake(dialling(crypto)).m1)), 'HANDSHAKE_FAILED')
    // M3 sent back as if it were the other side's
    const { m3 } = runHandshake(dialling(crypto), listening(crypto))
    assert.equal(codeOf(() => ours.finish(m3)), 'HANDSHAKE_FAILED')
    const answering = new ListenerHandshake(listening(crypto), new DiallerHandshake(dialling(crypto)).m1)
    assert.equal(codeOf(() => answering.finish(answering.m2.subarray(1120))), 'SEAL_BROKEN')
  })

  test(`${name}: recorded messages do not work a second time`, () => {
    const { m1, m2, m3, theirs } = runHandshake(dialling(crypto), listening(crypto))
    // M1 again: the listener answers with fresh keys, which the recorded M3 does not fit
    const again = new ListenerHandshake(listening(crypto), m1)
    assert.notDeepEqual(again.m2.subarray(0, 32), m2.subarray(0, 32))
    assert.notDeepEqual(again.m2.subarray(32, 1120), m2.subarray(32, 1120))
    assert.equal(codeOf(() => again.finish(m3)), 'SEAL_BROKEN')
    // M2 again, for another M1
    assert.equal(attacked(crypto, { m2: () => m2 }), 'dialler at M2: SEAL_BROKEN')
    assert.equal(attacked(crypto, { m3: () => m3 }), 'listener at M3: SEAL_BROKEN')
    // and a new exchange of the same two has other keys
    const next = runHandshake(dialling(crypto), listening(crypto))
    for (const key of ['c2s', 's2c', 'exporter'] as const) {
      assert.notDeepEqual(next.theirs.keys[key], theirs.keys[key])
      assert.deepEqual(next.ours.keys[key], next.theirs.keys[key])
    }
  })

  test(`${name}: a Hello that breaks a rule is refused, and one we could not send is not sent`, () => {
    const bad: Record<string, [Partial<typeof GOOD_HELLO>, string]> = {
      'control characters': [{ userAgent: 'a\u0000b' }, 'INVALID_UTF8'],
      'a C1 control character': [{ userAgent: 'a\u0085b' }, 'INVALID_UTF8'],
      'a line feed': [{ userAgent: 'a\nb' }, 'INVALID_UTF8'],
      '33 tips': [{ tips: Array.from({ length: 33 }, () => new Uint8Array(32)) }, 'LENGTH_LIMIT'],
      'an agent of 257 bytes': [{ userAgent: 'x'.repeat(257) }, 'LENGTH_LIMIT'],
      'an agent of 129 two-byte characters': [{ userAgent: 'é'.repeat(129) }, 'LENGTH_LIMIT']
    }
    for (const [what, [hello, code]] of Object.entries(bad)) {
      assert.equal(attacked(crypto, { listener: { hello: { ...GOOD_HELLO, ...hello } } }), `listener at M1: ${code}`, `${what}: sending`)
    }
  })
}

/** Hellos as only a hostile peer writes them: signed and sealed rightly, wrong inside. */
const u64 = (value: number): Buffer => { const out = Buffer.alloc(8); out.writeBigUInt64LE(BigInt(value)); return out }
const body = Buffer.from(encode(helloSchema, GOOD_HELLO))
const [beforeTips, beforeAgent] = [body.subarray(0, 49), body.subarray(0, 57)]
const HOSTILE: Record<string, [Uint8Array, string]> = {
  'a control character': [Buffer.concat([body.subarray(0, -1), Uint8Array.of(7)]), 'INVALID_UTF8'],
  '33 tips': [Buffer.concat([beforeTips, u64(33), Buffer.alloc(33 * 32), u64(0)]), 'LENGTH_LIMIT'],
  'fewer tips than it counts': [Buffer.concat([beforeTips, u64(2), Buffer.alloc(32), u64(0)]), 'TRUNCATED'],
  '2^64 - 1 tips': [Buffer.concat([beforeTips, Buffer.alloc(8, 255), u64(0)]), 'LENGTH_LIMIT'],
  'an agent of 257 bytes': [Buffer.concat([beforeAgent, u64(257), Buffer.alloc(257, 65)]), 'LENGTH_LIMIT'],
  'invalid UTF-8': [Buffer.concat([body.subarray(0, -1), Uint8Array.of(0xff)]), 'INVALID_UTF8'],
  'a trailing byte': [Buffer.concat([body, Uint8Array.of(0)]), 'TRAILING_BYTES'],
  'a missing byte': [body.subarray(0, -1), 'TRUNCATED']
}

for (const [what, [hello, code]] of Object.entries({ ...HOSTILE, 'nothing wrong': [body, 'nothing thrown'] as [Uint8Array, string] })) {
  test(`a signed and sealed Hello with ${what}: ${code}, on either side`, () => {
    const crypto = createNodeCrypto()
    const ours = new DiallerHandshake(dialling(crypto))
    assert.equal(codeOf(() => ours.finish(hostileM2(crypto, PARTIES, bob.seed, hello, ours.m1))), code)
    const hostile = hostileDialler(crypto, PARTIES, alice.seed, hello)
    const theirs = new ListenerHandshake(listening(crypto), hostile.m1)
    assert.equal(codeOf(() => theirs.finish(hostile.finish(theirs.m2).m3)), code)
  })
}
