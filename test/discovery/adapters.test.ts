import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createCandidates, fromPeerDiscovery, walkDht } from '../../src/discovery/index.ts'
import type { Candidates } from '../../src/discovery/index.ts'
import { nodeIdToPeerId } from '../../src/protocol/index.ts'

const id = (n: number): PeerInfo['id'] => nodeIdToPeerId(new Uint8Array(32).fill(n))
const info = (n: number, ...addresses: string[]): PeerInfo => ({ id: id(n), multiaddrs: addresses.map(address => multiaddr(address)) })
const create = (): Candidates => createCandidates({ self: id(99).toString(), clock: { now: () => 1 } })
const codes = (candidates: Candidates): unknown[] => candidates.snapshot().sources.map(({ origin, refused, failures }) => [origin, refused, failures.map(({ error }) => error.code)])
async function * yielding (...found: PeerInfo[]): AsyncGenerator<PeerInfo> { yield * found }
const key = new Uint8Array(32)
const never = new AbortController().signal

test('events of a discovery module become candidates of its origin until it is told to stop', () => {
  const candidates = create()
  const events = new EventTarget() as EventTarget & Parameters<typeof fromPeerDiscovery<'peer'>>[0]
  const find = (detail: PeerInfo): void => { events.dispatchEvent(new CustomEvent('peer', { detail })) }
  const stop = fromPeerDiscovery(events, candidates, { event: 'peer', origin: 'mdns', publicOnly: false })
  find(info(1, '/ip4/192.168.0.2/tcp/1', '/ip4/192.168.0.3/udp/1', `/ip4/192.168.0.4/tcp/1/p2p/${id(2)}`))
  find(info(2, '/unix/tmp'))
  find(info(99, '/ip4/192.168.0.9/tcp/1'))
  stop()
  find(info(3, '/ip4/192.168.0.5/tcp/1'))
  assert.deepEqual(candidates.list().map(({ peer, addresses, origins }) => [peer, addresses, origins]), [[id(1).toString(), ['/ip4/192.168.0.2/tcp/1'], ['mdns']]])
  assert.deepEqual(codes(candidates), [['mdns', { ADDRESS_UNUSABLE: 2 }, []]])
})

test('a walk makes candidates of those it meets, with relayed addresses and without private ones', async () => {
  const candidates = create()
  const relayed = `/ip4/8.8.8.8/tcp/1/p2p/${id(5)}/p2p-circuit`
  const found = await walkDht({ getClosestPeers: () => yielding(info(1, '/ip4/8.8.4.4/tcp/1', '/ip4/10.0.0.1/tcp/1'), info(2, relayed), info(3, '/ip4/127.0.0.1/tcp/1')) }, candidates, { key, signal: never, publicOnly: true })
  assert.equal(found, 2)
  assert.deepEqual(candidates.list().map(({ peer, addresses }) => [peer, addresses]), [[id(1).toString(), ['/ip4/8.8.4.4/tcp/1']], [id(2).toString(), [relayed]]])
  assert.deepEqual(codes(candidates), [['dht', { ADDRESS_NOT_PUBLIC: 2 }, []]])
})

test('a walk that never ends is left after 64 peers, and of a peer with 500 addresses 16 are looked at', async () => {
  const candidates = create()
  async function * endless (): AsyncGenerator<PeerInfo> {
    for (let i = 0; ; i++) yield { id: nodeIdToPeerId(Buffer.alloc(32, `${i}:`)), multiaddrs: Array.from({ length: 500 }, (_, j) => multiaddr(`/ip4/10.0.0.1/tcp/${j + 1}`)) }
  }
  assert.equal(await walkDht({ getClosestPeers: endless }, candidates, { key, signal: never, publicOnly: false }), 64)
  const strict = create()
  await walkDht({ getClosestPeers: () => yielding(info(1, ...Array.from({ length: 500 }, (_, i) => `/ip4/10.0.0.1/tcp/${i + 1}`))) }, strict, { key, signal: never, publicOnly: true })
  assert.deepEqual(codes(strict), [['dht', { ADDRESS_NOT_PUBLIC: 16 }, ['DHT_WALK_FAILED']]])
})

test('a walk that fails, meets nobody, is too slow or cancelled says so in the snapshot and does not throw', async () => {
  const failing = (): AsyncIterable<PeerInfo> => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no peers')) }) })
  const table: [() => AsyncIterable<PeerInfo>, AbortSignal, string][] = [
    [failing, never, 'DHT_WALK_FAILED'],
    [() => yielding(), never, 'DHT_WALK_FAILED'],
    [failing, AbortSignal.abort(), 'ABORTED'],
    [failing, AbortSignal.abort(new DOMException('late', 'TimeoutError')), 'TIMEOUT']
  ]
  for (const [getClosestPeers, signal, code] of table) {
    const candidates = create()
    assert.equal(await walkDht({ getClosestPeers }, candidates, { key, signal, publicOnly: true }), 0)
    assert.deepEqual(codes(candidates), [['dht', {}, [code]]])
  }
})
