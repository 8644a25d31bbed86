import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { IdentifyResult, Libp2p, PrivateKey } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createLibp2pOptions } from '../../src/node/transport/index.ts'
import { lenientIdentify } from '../../src/node/transport/lenient-identify.ts'
import type { TransportServices } from '../../src/node/transport/index.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const PEER_RECORD = Uint8Array.of(0x03, 0x01)
const RUST_RECORD = Buffer.from('/libp2p/routing-state-record')
const stops: Array<() => Promise<void>> = []
after(async () => { await Promise.all(stops.map(stop => stop())) })

/** Fields of a protobuf message, all of them bytes. */
function fields (...all: ReadonlyArray<readonly [number: number, value: Uint8Array]>): Buffer {
  return Buffer.concat(all.flatMap(([number, value]) => [varint(number << 3 | 2), varint(value.length), value]))
}

function varint (value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.concat([Buffer.from([value & 0x7f | 0x80]), varint(value >> 7)])
}

/** A signed envelope (RFC 0002 of libp2p) with a signature of nothing. */
const envelope = (key: PrivateKey, payloadType: Uint8Array): Buffer => fields([1, publicKeyToProtobuf(key.publicKey)], [2, payloadType], [3, Buffer.from('record')], [5, Buffer.alloc(64)])

interface Said { readonly observed?: string, readonly record?: Uint8Array }

/** A peer that answers identify with these fields beside its key, address and a protocol. */
async function speaker (say: (key: PrivateKey) => Said): Promise<Libp2p> {
  const privateKey = await generateKeyPair('Ed25519')
  const { observed, record } = say(privateKey)
  const peer = await createLibp2p({ privateKey, addresses: { listen: [LOOPBACK] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
  stops.push(async () => { await peer.stop() })
  await peer.handle('/ipfs/id/1.0.0', async stream => {
    const message = fields(
      [1, publicKeyToProtobuf(privateKey.publicKey)], [2, multiaddr('/ip4/192.0.2.1/tcp/2080').bytes], [3, Buffer.from('/their/1.0.0')],
      ...observed === undefined ? [] : [[4, multiaddr(observed).bytes] as const], ...record === undefined ? [] : [[8, record] as const]
    )
    stream.send(Buffer.concat([varint(message.length), message]))
    await stream.close()
  })
  return peer
}

async function listener (services: object = {}): Promise<Libp2p<TransportServices>> {
  const options = createLibp2pOptions({ network: 'devnet', privateKey: await generateKeyPair('Ed25519'), listen: [], dht: 'client', userAgent: 'tosd/test' })
  const node = await createLibp2p({ ...options, services: { ...options.services, ...services } } as typeof options)
  stops.push(async () => { await node.stop() })
  return node
}

/** What is learnt of such a peer when it is asked once. */
async function learn (say: (key: PrivateKey) => Said): Promise<{ readonly result: IdentifyResult, readonly node: Libp2p<TransportServices> }> {
  const peer = await speaker(say)
  const node = await listener({ identify: lenientIdentify({ runOnConnectionOpen: false }) })
  return { result: await node.services.identify.identify(await node.dial(peer.getMultiaddrs())), node }
}

async function assertLearnt ({ result, node }: Awaited<ReturnType<typeof learn>>): Promise<void> {
  assert.deepEqual(result.protocols, ['/their/1.0.0'])
  const { protocols, addresses } = await node.peerStore.get(result.peerId)
  assert.deepEqual(protocols, ['/their/1.0.0'])
  assert.deepEqual(addresses.map(({ multiaddr: address, isCertified }) => [address.toString(), isCertified]), [['/ip4/192.0.2.1/tcp/2080', false]])
}

test('a peer behind a relay that sees us as /p2p/<id> is identified all the same', async () => {
  const learnt = await learn(key => ({ observed: `/p2p/${key.publicKey.toString()}` }))
  await assertLearnt(learnt)
  assert.equal(learnt.result.observedAddr, undefined)
})

test('who asks while libp2p asks by itself gets his own answer', async () => {
  const [peer, node] = [await speaker(() => ({})), await listener()]
  const connection = await node.dial(peer.getMultiaddrs())
  const answers = await Promise.all([1, 2, 3].map(() => node.services.identify.identify(connection)))
  assert.deepEqual(answers.map(({ protocols }) => protocols), [1, 2, 3].map(() => ['/their/1.0.0']))
})

test('every node identifies so by itself', async () => {
  const [peer, node] = [await speaker(key => ({ observed: `/p2p/${key.publicKey.toString()}`, record: envelope(key, RUST_RECORD) })), await listener()]
  const told = new Promise<IdentifyResult>(resolve => { node.addEventListener('peer:identify', ({ detail }) => { resolve(detail) }, { once: true }) })
  await node.dial(peer.getMultiaddrs())
  await assertLearnt({ result: await told, node })
})

test('an observed address with a host is kept', async () => {
  const { result } = await learn(() => ({ observed: '/ip4/127.0.0.1/tcp/2080' }))
  assert.equal(result.observedAddr?.toString(), '/ip4/127.0.0.1/tcp/2080')
})

test('a signed record of another kind leaves the addresses unsigned', async () => {
  await assertLearnt(await learn(key => ({ record: envelope(key, RUST_RECORD) })))
})

test('a signed record that cannot be read leaves the addresses unsigned', async () => {
  await assertLearnt(await learn(() => ({ record: Buffer.from([0xff, 0xff]) })))
})

test('a peer record with a wrong signature is refused, whatever the size of the key before it', async () => {
  await assert.rejects(learn(key => ({ record: envelope(key, PEER_RECORD) })), { name: 'InvalidSignatureError' })
  const rsa = await generateKeyPair('RSA', 2048)
  await assert.rejects(learn(() => ({ record: envelope(rsa, PEER_RECORD) })), { name: 'InvalidSignatureError' })
})
