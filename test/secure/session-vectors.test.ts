import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodeHeader, HEADER_BYTES } from '../../src/frame/index.ts'
import type { FrameType } from '../../src/frame/index.ts'
import { createEpoch } from '../../src/secure/epoch.ts'
import type { Epoch, SessionRole } from '../../src/secure/epoch.ts'
import { DiallerHandshake, ListenerHandshake } from '../../src/secure/handshake.ts'
import { helloSchema } from '../../src/secure/hello.ts'
import { exportKey, handshakeKeys, hybridSecret } from '../../src/secure/key-schedule.ts'
import type { ApplicationKeys } from '../../src/secure/key-schedule.ts'
import { createNobleCrypto } from '../../src/secure/noble-crypto.ts'
import { createNodeCrypto } from '../../src/secure/node-crypto.ts'
import { createSealedCodec } from '../../src/secure/sealed-codec.ts'
import { firstTranscript, signedBytes, transcriptHash } from '../../src/secure/transcript.ts'
import { ByteWriter, decode, encode, fromHex, toHex } from '../../src/wire/index.ts'
import { PEER_EXCHANGE, PING, PONG, TX_REQUEST } from '../../protocols/index.ts'

interface Side { ed25519_seed: string, node_id: string, peer_id: string, x25519_private: string, x25519_public: string, hello: string }
interface Vectors {
  net: string, genesis: string, dialler: Side & { ml_kem_768_seed: string }, listener: Side & { encapsulation_randomness: string }
  ml_kem_768_ciphertext: string, ml_kem_shared_secret: string, x25519_shared_secret: string
  M1: string, T1: string, handshake_key_s2c: string, handshake_key_c2s: string, listener_signature: string
  M2: string, T2: string, dialler_signature: string, M3: string, T3: string
  application_key_s2c: string, application_key_c2s: string, exporter: string
  session_frames: Record<'M1' | 'M2' | 'M3', string>
  sealed_frames: Array<{ name: string, frame: string }>
}
const v = JSON.parse(readFileSync(new URL('../vectors/session.json', import.meta.url), 'utf8')) as Vectors
const bytes = Object.fromEntries(Object.entries(v).map(([name, value]) => [name, typeof value === 'string' && /^[0-9a-f]+$/.test(value) ? fromHex(value) : new Uint8Array(0)])) as Record<keyof Vectors, Uint8Array>
const parties = { network: v.net, dialler: fromHex(v.dialler.peer_id), listener: fromHex(v.listener.peer_id), epoch: 0 }
const [node, noble] = [createNodeCrypto(), createNobleCrypto()]
const MESSAGES: readonly FrameType[] = [PING, PONG, PEER_EXCHANGE, TX_REQUEST]
const cryptos = [node, noble]
const hello = (side: Side): ReturnType<typeof helloSchema.read> => decode(helloSchema, fromHex(side.hello))
const appKeys = (): ApplicationKeys => ({ c2s: fromHex(v.application_key_c2s), s2c: fromHex(v.application_key_s2c), exporter: fromHex(v.exporter) })

for (const crypto of cryptos) {
  test(`${crypto.name}: every intermediate value of the handshake`, () => {
    const ours = crypto.x25519KeyPair(fromHex(v.dialler.x25519_private))
    assert.equal(toHex(ours.publicKey), v.dialler.x25519_public)
    assert.equal(toHex(ours.agree(fromHex(v.listener.x25519_public))), v.x25519_shared_secret)
    const kem = crypto.kemKeyPair(fromHex(v.dialler.ml_kem_768_seed))
    assert.equal(toHex(kem.publicKey), v.M1.slice(64))
    assert.equal(toHex(kem.decapsulate(bytes.ml_kem_768_ciphertext)), v.ml_kem_shared_secret)
    const share = bytes.M2.subarray(0, 32 + 1088)
    const t1 = firstTranscript(crypto, parties, bytes.M1, share)
    assert.equal(toHex(t1), v.T1)
    const secret = hybridSecret(bytes.ml_kem_shared_secret, bytes.x25519_shared_secret)
    const keys = handshakeKeys(crypto, secret, t1)
    assert.equal(toHex(keys.s2c), v.handshake_key_s2c)
    assert.equal(toHex(keys.c2s), v.handshake_key_c2s)
    assert.equal(toHex(crypto.signer(fromHex(v.listener.ed25519_seed))(signedBytes('listener', t1, fromHex(v.listener.hello)))), v.listener_signature)
    const t2 = transcriptHash(crypto, [t1, bytes.M2])
    assert.equal(toHex(t2), v.T2)
    assert.equal(toHex(crypto.signer(fromHex(v.dialler.ed25519_seed))(signedBytes('dialler', t2, fromHex(v.dialler.hello)))), v.dialler_signature)
    assert.equal(toHex(transcriptHash(crypto, [t2, bytes.M3])), v.T3)
  })

  test(`${crypto.name}: the dialler makes M1 and M3 byte for byte and ends with the keys`, () => {
    const dialler = new DiallerHandshake({
      crypto, parties, hello: hello(v.dialler), sign: crypto.signer(fromHex(v.dialler.ed25519_seed)), remote: fromHex(v.listener.node_id),
      seeds: { x25519: fromHex(v.dialler.x25519_private), kem: fromHex(v.dialler.ml_kem_768_seed) }
    })
    assert.equal(toHex(dialler.m1), v.M1)
    const { m3, hello: theirs, keys } = dialler.finish(bytes.M2)
    assert.equal(toHex(m3), v.M3)
    assert.deepEqual(theirs, hello(v.listener))
    assert.deepEqual([toHex(keys.c2s), toHex(keys.s2c), toHex(keys.exporter)], [v.application_key_c2s, v.application_key_s2c, v.exporter])
  })
}

test('the listener makes M2 byte for byte and ends with the keys', () => {
  const listener = new ListenerHandshake({
    crypto: noble, parties, hello: hello(v.listener), sign: noble.signer(fromHex(v.listener.ed25519_seed)), remote: fromHex(v.dialler.node_id),
    seeds: { x25519: fromHex(v.listener.x25519_private), encapsulation: fromHex(v.listener.encapsulation_randomness) }
  }, bytes.M1)
  assert.equal(toHex(listener.m2), v.M2)
  const { hello: theirs, keys } = listener.finish(bytes.M3)
  assert.deepEqual(theirs, hello(v.dialler))
  assert.deepEqual([toHex(keys.c2s), toHex(keys.s2c), toHex(keys.exporter)], [v.application_key_c2s, v.application_key_s2c, v.exporter])
})

test('the Hello of both sides encodes to what was signed', () => {
  for (const side of [v.dialler, v.listener]) {
    assert.equal(toHex(encode(helloSchema, hello(side))), side.hello)
    assert.equal(toHex(hello(side).genesis), v.genesis)
  }
})

/** What each sealed frame of the vectors is: who sends it, where, as which type. */
const CASES: Array<{ sender: SessionRole, opened: boolean, epoch: number, stream: number, counter: bigint }> = [
  { sender: 'dialler', opened: true, epoch: 0, stream: 1, counter: 0n },
  { sender: 'listener', opened: false, epoch: 0, stream: 1, counter: 0n },
  { sender: 'dialler', opened: true, epoch: 0, stream: 3, counter: 0n },
  { sender: 'listener', opened: true, epoch: 0, stream: 2, counter: 0n },
  { sender: 'dialler', opened: true, epoch: 255, stream: 0xff_ffff, counter: 0xffff_ffff_ffff_fffen }
]

for (const crypto of cryptos) {
  for (const [i, { name, frame }] of v.sealed_frames.entries()) {
    test(`${crypto.name}: sealed frame "${name}" opens and seals byte for byte`, () => {
      const { sender, opened, epoch: number, stream, counter } = CASES[i] as typeof CASES[number]
      const wire = fromHex(frame)
      const header = decodeHeader(wire)
      const message = MESSAGES.find(({ code }) => code === header.type) as FrameType
      const side = (role: SessionRole, opened: boolean): ReturnType<typeof createSealedCodec> => {
        const epoch: Epoch = createEpoch(crypto, role, number, appKeys(), 0)
        if (opened) for (let skipped = epochFirst(role); skipped < stream; skipped += 2) epoch.ours.draw()
        const host = { current: () => epoch, epoch: (asked: number) => asked === number ? epoch : undefined, used () {}, joined () {}, broken () {} }
        const [us, them] = role === 'dialler' ? [v.dialler, v.listener] : [v.listener, v.dialler]
        // the highest number of the vectors would leave 2^23 gaps behind
        if (!opened && stream > 4096) epoch.theirs.claim = () => {}
        return createSealedCodec({ host, opened, local: fromHex(us.node_id), remote: fromHex(them.node_id), now: () => 1_700_000_000_000, firstCounter: counter })
      }
      const receiver: SessionRole = sender === 'dialler' ? 'listener' : 'dialler'
      const [sealing, opening] = [side(sender, opened), side(receiver, !opened)]
      // an answer needs a question: the opener speaks first on the stream of the second frame
      if (!opened) {
        const ask = new ByteWriter()
        opening.finish(ask, opening.begin(ask), message)
        const asked = ask.take()
        sealing.open(asked.subarray(0, HEADER_BYTES), asked.subarray(HEADER_BYTES), message)
      }
      const payload = opening.open(wire.slice(0, HEADER_BYTES), wire.slice(HEADER_BYTES), message)
      const writer = new ByteWriter()
      const start = sealing.begin(writer)
      writer.putBytes(unpadded(message, payload))
      sealing.finish(writer, start, message)
      assert.equal(toHex(writer.take()), frame)
    })
  }
}

function epochFirst (role: SessionRole): number {
  return role === 'dialler' ? 1 : 2
}

/** The value's own bytes; padding is the codec's part. */
function unpadded (message: FrameType, payload: Uint8Array): Uint8Array {
  const { payload: schema } = message as unknown as { payload: Parameters<typeof decode>[0] }
  for (let end = payload.length; end > 0; end--) {
    try {
      decode(schema, payload.subarray(0, end))
      return payload.subarray(0, end)
    } catch {}
  }
  throw new Error('no value')
}

test('exported keys differ by label, context and length, and are the same on both ends', () => {
  const seen = new Set<string>()
  for (const label of ['a', 'b']) for (const context of [new Uint8Array(0), Uint8Array.of(1)]) {
    const [ours, theirs] = cryptos.map(crypto => toHex(exportKey(crypto, bytes.exporter, label, context, 32)))
    assert.equal(ours, theirs)
    seen.add(ours as string)
  }
  assert.equal(seen.size, 4)
})
