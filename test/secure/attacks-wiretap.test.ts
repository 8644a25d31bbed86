import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { plaintext } from '@libp2p/plaintext'
import { tcp } from '@libp2p/tcp'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { createLibp2p } from 'libp2p'
import { transactions, TX_REQUEST, TX_RESPONSE } from '../../protocols/index.ts'
import type { TxAnswer, TxQuestion } from '../../protocols/index.ts'
import { HEADER_BYTES, HEADER_OFFSET } from '../../src/frame/index.ts'
import { createKernel, plainCarriers, sealedCarriers } from '../../src/protocol/index.ts'
import type { ProtocolService } from '../../src/protocol/index.ts'
import { DiallerHandshake, ListenerHandshake } from '../../src/secure/handshake.ts'
import { createNodeCrypto, createSessions } from '../../src/secure/index.ts'
import type { SessionCrypto } from '../../src/secure/index.ts'
import { applicationKeys, handshakeKeys, hybridSecret } from '../../src/secure/key-schedule.ts'
import { firstTranscript, transcriptHash } from '../../src/secure/transcript.ts'
import { codeOf } from '../support/frames.ts'
import { GOOD_HELLO, identity, sideOptions } from '../support/handshake-pair.ts'
import type { Identity } from '../support/handshake-pair.ts'
import { createSealedNet, seedOf } from '../support/sealed-net.ts'
import { framesOf, tap } from '../support/wire-capture.ts'
import type { TappedFrame } from '../support/wire-capture.ts'

const stops: Array<() => Promise<unknown>> = []
after(async () => { for (const stop of stops.toReversed()) await stop() })

/** Three transactions: two lengths of one bucket, and one of the next. */
const POOL = [300, 400, 700].map((size, i) => ({ txHash: Buffer.alloc(32, 0x51 + i), data: Buffer.from(Array.from({ length: size }, (_, at) => (at * 31 + i * 7 + 0x80) & 0xff)), proof: null }))
const source = { transactions: ({ txHashes }: TxQuestion): TxAnswer => ({ transactions: POOL.filter(({ txHash }) => txHash[0] === txHashes[0]?.[0]), notFound: [] }) }

interface Capture { readonly asked: TappedFrame[], readonly answered: TappedFrame[], readonly wire: Buffer }

/** Asks for the first transaction twice, then for the others, through a wire tap below everything that TOS protects. */
async function capture (isSealed: boolean): Promise<Capture> {
  const make = async (): Promise<Libp2p<{ tx: ProtocolService<TxQuestion, TxAnswer> }>> => {
    const sessions = createSessions({ network: 'devnet', genesis: GOOD_HELLO.genesis, hello: () => GOOD_HELLO })
    const kernel = createKernel({ network: 'devnet', carriers: isSealed ? sealedCarriers(sessions, Date.now) : plainCarriers(Date.now) })
    const node = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], streamMuxers: [yamux()], connectionEncrypters: [plaintext()], connectionMonitor: { enabled: false },
      services: { ...(isSealed ? { session: sessions.service } : {}), tx: kernel.mount(transactions(source)) }
    }) as unknown as Libp2p<{ tx: ProtocolService<TxQuestion, TxAnswer> }>
    stops.push(async () => node.stop())
    return node
  }
  const [asker, server] = [await make(), await make()]
  const wiretap = await tap(server.getMultiaddrs()[0] as never)
  stops.push(() => wiretap.close())
  await asker.dial(wiretap.address)
  for (const index of [0, 0, 1, 2]) {
    const { txHash, data } = POOL[index] as typeof POOL[number]
    const answer = await asker.services.tx.request(server.peerId, { txHashes: [txHash], includeProof: false })
    assert.deepEqual(Buffer.from(answer.transactions[0]?.data as Uint8Array), Buffer.from(data))
  }
  const [recorded] = wiretap.connections
  assert.ok(recorded !== undefined && wiretap.connections.length === 1)
  const ids = new Map<number, string>()
  const only = (frames: TappedFrame[], type: number): TappedFrame[] => frames.filter(frame => frame.type === type)
  return {
    asked: only(framesOf(recorded.toListener, ids), TX_REQUEST.code),
    answered: only(framesOf(recorded.toDialler, ids), TX_RESPONSE.code),
    wire: Buffer.concat([...recorded.toListener, ...recorded.toDialler])
  }
}

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length

test('a capture of the same transaction fetched twice shows no equal ciphertext, checksum, or length but the bucket’s', async () => {
  const { asked, answered, wire } = await capture(true)
  const frames = [...asked, ...answered]
  assert.deepEqual([asked.length, answered.length], [4, 4])
  assert.ok(frames.every(({ protocol }) => protocol === '/tos/devnet/transactions/1.0.0'))
  assert.deepEqual(asked.map(({ body }) => body.length), [512 + 28, 512 + 28, 512 + 28, 512 + 28])
  assert.deepEqual(answered.map(({ body }) => body.length), [512 + 28, 512 + 28, 512 + 28, 1024 + 28], 'lengths within a bucket are one length')
  assert.ok(distinct(frames.map(({ checksum }) => checksum)))
  for (const group of [asked, answered]) assert.ok(distinct(group.map(({ body }) => body.subarray(0, 12).toString('hex'))), 'a nonce is never used twice under a key')
  // no run of 8 bytes of ciphertext occurs twice, padding of zeros included
  const runs = frames.flatMap(({ body }) => Array.from({ length: Math.floor((body.length - 12) / 8) }, (_, i) => body.subarray(12 + 8 * i, 20 + 8 * i).toString('hex')))
  assert.ok(distinct(runs))
  for (const { txHash, data } of POOL) {
    assert.equal(wire.includes(txHash.subarray(0, 8)), false)
    for (let at = 0; at + 8 <= data.length; at += 8) assert.equal(wire.includes(data.subarray(at, at + 8)), false, `byte ${at} of a transaction is on the wire`)
  }
})

test('the same capture without sessions shows all of it, so the tap would have seen it', async () => {
  const { asked, answered, wire } = await capture(false)
  assert.deepEqual([asked.length, answered.length], [4, 4])
  assert.ok(asked.every(({ protocol }) => protocol === '/tos/devnet/plain/transactions/1.0.0'))
  assert.equal(new Set(answered.map(({ body }) => body.length)).size, 3, 'every length shows')
  for (const { txHash, data } of POOL) assert.ok(wire.includes(txHash) && wire.includes(data))
  // but for the pairing id the two answers are the same bytes
  assert.deepEqual(answered[0]?.body.subarray(12), answered[1]?.body.subarray(12))
})

const net = createSealedNet()
after(() => net.stop())
const crypto = createNodeCrypto()
const SECRET = 'what nobody else may ever read'

/** One-time secrets of one side, as its memory held them for a moment. */
interface OneTime { x25519?: Uint8Array, kem?: Uint8Array }

/** The usual cryptography, with a leak: the one-time secrets of the session under way. */
function leaky (into: OneTime): SessionCrypto {
  return {
    ...crypto,
    x25519KeyPair: (seed = randomBytes(32)) => { into.x25519 = Uint8Array.from(seed); return crypto.x25519KeyPair(seed) },
    kemKeyPair: (seed = randomBytes(64)) => { into.kem = Uint8Array.from(seed); return crypto.kemKeyPair(seed) }
  }
}

/** All that a tap and a thief of both identity keys have, and the one-time secrets of the dialler for comparison. */
interface Loot { readonly dialler: Identity, readonly listener: Identity, readonly m1: Uint8Array, readonly m2: Uint8Array, readonly m3: Uint8Array, readonly toListener: TappedFrame[], readonly toDialler: TappedFrame[], readonly oneTime: Required<OneTime> }

async function recorded (): Promise<Loot> {
  const oneTime: OneTime = {}
  const keys = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')] as const
  const [a, b] = [await net.sealed({ crypto: leaky(oneTime) }, keys[0]), await net.sealed({}, keys[1])]
  const wiretap = await tap(b.node.getMultiaddrs()[0] as never)
  await a.node.dial(wiretap.address)
  assert.equal(await a.ask(b, SECRET), SECRET)
  const [wire] = wiretap.connections
  assert.ok(wire !== undefined)
  const toListener = framesOf(wire.toListener)
  const toDialler = framesOf(wire.toDialler)
  const message = (code: number): Uint8Array => ([...toListener, ...toDialler].find(({ type }) => type === code) as TappedFrame).body
  await wiretap.close()
  return { dialler: identity(seedOf(keys[0]), keys[0].publicKey.raw), listener: identity(seedOf(keys[1]), keys[1].publicKey.raw), m1: message(0x7f01), m2: message(0x7f02), m3: message(0x7f03), toListener, toDialler, oneTime: oneTime as Required<OneTime> }
}

const loot = await recorded()
const parties = { network: 'devnet', dialler: loot.dialler.peerId, listener: loot.listener.peerId, epoch: 0 }
const share = loot.m2.subarray(0, 32 + 1088)

/** Everything readable under a guess of the session's secret: the handshake's sealed parts, and the frames. */
function read (secret: Uint8Array): string[] {
  const t1 = firstTranscript(crypto, parties, loot.m1, share)
  const t2 = transcriptHash(crypto, [t1, loot.m2])
  const handshake = handshakeKeys(crypto, secret, t1)
  const keys = applicationKeys(crypto, secret, transcriptHash(crypto, [t2, loot.m3]))
  const found: string[] = []
  const tryOpen = (key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): void => {
    try {
      found.push(Buffer.from(crypto.aead(key).open(nonce, associated, sealed)).toString('latin1'))
    } catch {}
  }
  tryOpen(handshake.s2c, new Uint8Array(12), t1, loot.m2.subarray(share.length))
  tryOpen(handshake.c2s, new Uint8Array(12), t2, loot.m3)
  for (const [key, frames] of [[keys.c2s, loot.toListener], [keys.s2c, loot.toDialler]] as const) {
    for (const { header, body } of frames.filter(({ type }) => type >= 0x8000)) {
      tryOpen(key, body.subarray(0, 12), Uint8Array.from(header).fill(0, HEADER_OFFSET.checksum, HEADER_OFFSET.timestamp), body.subarray(12))
    }
  }
  return found
}

/** The secret that an X25519 key and an ML-KEM seed give with what is on the wire. */
function secretOf ({ x25519: key, kem }: Required<OneTime>, theirs: Uint8Array = share.subarray(0, 32)): Uint8Array {
  return hybridSecret(crypto.kemKeyPair(kem).decapsulate(share.subarray(32)), crypto.x25519KeyPair(key).agree(theirs))
}

test('the recording is whole: with the one-time secrets it opens, handshake and frames', () => {
  const found = read(secretOf(loot.oneTime))
  assert.equal(found.length, 4)
  assert.equal(found.filter(text => text.includes(SECRET)).length, 2)
  assert.equal(found.filter(text => text.includes('test/1')).length, 2)
})

test('the text is nowhere on the wire, and neither are the Hellos', () => {
  for (const { header, body } of [...loot.toListener, ...loot.toDialler]) {
    const bytes = Buffer.concat([header, body]).toString('latin1')
    assert.deepEqual([bytes.includes(SECRET.slice(0, 8)), bytes.includes('test/1')], [false, false])
    assert.equal(header.length, HEADER_BYTES)
  }
})

test('with both identity keys and every recorded byte, and no one-time secret, nothing opens', () => {
  const seeds = [loot.dialler.seed, loot.listener.seed]
  // the identity keys as X25519 keys, as the specification's own channel uses them, and the seeds as they are
  const keys = [...seeds, ...seeds.map(seed => ed25519.utils.toMontgomerySecret(seed))]
  const theirs = [share.subarray(0, 32), loot.m1.subarray(0, 32), ...[loot.dialler, loot.listener].map(({ nodeId }) => ed25519.utils.toMontgomery(nodeId))]
  const kems = [...seeds.flatMap(one => seeds.map(two => Buffer.concat([one, two]))), new Uint8Array(64)]
  const agreed = keys.flatMap(key => theirs.map(point => x25519.getSharedSecret(key, point)))
  const shared = kems.map(seed => crypto.kemKeyPair(seed).decapsulate(share.subarray(32)))
  const guesses = [new Uint8Array(64), ...agreed.map(half => hybridSecret(new Uint8Array(32), half)), ...agreed.flatMap(half => shared.map(kem => hybridSecret(kem, half))), ...agreed]
  assert.ok(guesses.length > 90)
  for (const guess of guesses) assert.deepEqual(read(guess), [])
})

test('one of the two one-time secrets, with both identity keys, opens nothing either', () => {
  const [x, kem] = [crypto.x25519KeyPair(loot.oneTime.x25519).agree(share.subarray(0, 32)), crypto.kemKeyPair(loot.oneTime.kem).decapsulate(share.subarray(32))]
  assert.deepEqual(read(hybridSecret(kem, new Uint8Array(32))), [], 'X25519 still hard')
  assert.deepEqual(read(hybridSecret(new Uint8Array(32), x)), [], 'ML-KEM still hard')
  assert.deepEqual(read(hybridSecret(x, kem)), [], 'the wrong way round')
  assert.equal(read(hybridSecret(kem, x)).length, 4)
})

test('who has the identity keys can be either side of a new handshake, and learns nothing of the old one', () => {
  // as the listener: the recorded M1 gets a new M2; the recorded M3 does not fit it, nor do its keys open the recording
  const asListener = new ListenerHandshake(sideOptions(crypto, loot.listener, loot.dialler, parties), loot.m1)
  assert.equal(codeOf(() => asListener.finish(loot.m3)), 'SEAL_BROKEN')
  // as the dialler: the recorded M2 answers another M1
  const asDialler = new DiallerHandshake(sideOptions(crypto, loot.dialler, loot.listener, parties))
  assert.equal(codeOf(() => asDialler.finish(loot.m2)), 'SEAL_BROKEN')
  // both at once: a session of their own, with other keys
  const own = new DiallerHandshake(sideOptions(crypto, loot.dialler, loot.listener, parties))
  const answer = new ListenerHandshake(sideOptions(crypto, loot.listener, loot.dialler, parties), own.m1)
  const { keys } = own.finish(answer.m2)
  const frame = loot.toListener.find(({ type }) => type >= 0x8000) as TappedFrame
  assert.equal(codeOf(() => crypto.aead(keys.c2s).open(frame.body.subarray(0, 12), Uint8Array.from(frame.header).fill(0, 12, 20), frame.body.subarray(12))), 'SEAL_BROKEN')
})
