import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createConnector } from '../../src/peers/index.ts'
import type { Candidate, Connector, ConnectorOptions } from '../../src/peers/index.ts'

const newId = async (): Promise<PeerId> => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
const [self, other, third] = [await newId(), await newId(), await newId()]
const operator = `/ip4/10.0.0.1/tcp/2080/p2p/${other.toString()}`

interface Fake {
  readonly connector: Connector
  readonly dials: Array<{ readonly addresses: string[], readonly done: PromiseWithResolvers<unknown> }>
  readonly failures: string[]
  peers: PeerId[]
  walk: () => AsyncIterable<{ readonly id: PeerId, readonly multiaddrs: Multiaddr[] }>
  discover (id: PeerId, ...addresses: string[]): void
  /** The candidate of `other`. */
  candidate (): Candidate | undefined
}

function createFake (t: TestContext, options: Partial<ConnectorOptions> = {}): Fake {
  const events = new EventTarget()
  const dials: Fake['dials'] = []
  const failures: string[] = []
  const node = Object.assign(events, {
    peerId: self,
    getPeers: () => fake.peers,
    getConnections: () => [],
    dial: (addresses: Multiaddr[]) => {
      const done = Promise.withResolvers<unknown>()
      dials.push({ addresses: addresses.map(String), done })
      return done.promise
    },
    peerRouting: { getClosestPeers: () => fake.walk() }
  }) as unknown as Libp2p
  const connector = createConnector(node, {
    bootstrap: [operator], target: 8, min: 4, parallel: 8, dialTimeoutMs: 1000, clock: () => 0, failed: (what, error) => { failures.push(`${what}: ${String(error)}`) }, ...options
  })
  const fake: Fake = {
    connector, dials, failures, peers: [],
    walk: async function * () {},
    discover (id, ...addresses) { events.dispatchEvent(new CustomEvent('peer:discovery', { detail: { id, multiaddrs: addresses.map(text => multiaddr(text)) } })) },
    candidate: () => connector.candidates().find(({ key }) => key === other.toString())
  }
  t.after(() => { connector.stop() })
  connector.start()
  return fake
}

test('what the network says about a bootstrap peer is added to the operator\'s address, 8 in all', t => {
  const fake = createFake(t)
  for (let i = 0; i < 5; i++) fake.discover(other, ...[0, 1, 2, 3].map(j => `/ip4/10.9.${i}.${j}/tcp/1`))
  const { addresses, source } = fake.candidate() as Candidate
  assert.deepEqual([addresses[0], addresses.length, source], [operator, 8, 'bootstrap'])
  assert.match(addresses[1] as string, /^\/ip4\/10\.9\.4\.0\//)
})

test('an address learned during a dial survives its success', async t => {
  const fake = createFake(t)
  fake.discover(other, '/ip4/10.0.0.2/tcp/1')
  fake.dials[0]?.done.resolve({})
  await turn()
  assert.deepEqual([fake.candidate()?.addresses.length, fake.candidate()?.notBefore], [2, 4000])
})

test('a dial that ends after stop() leaves nothing behind', async t => {
  for (const outcome of ['resolve', 'reject'] as const) {
    const fake = createFake(t)
    fake.connector.stop()
    fake.dials[0]?.done[outcome](new Error('late'))
    await turn()
    assert.deepEqual([fake.connector.candidates(), fake.failures], [[], []])
  }
})

test('a walk that fails is told, one that is cut off by stop() adds nothing', async t => {
  const fake = createFake(t, { bootstrap: [] })
  fake.peers = [other]
  fake.walk = () => { throw new Error('no route') }
  fake.discover(third, '/ip4/10.0.0.3/tcp/1')
  await turn()
  assert.deepEqual(fake.failures, ['walk through the DHT: Error: no route'])

  const late = createFake(t, { bootstrap: [] })
  const answer = Promise.withResolvers<undefined>()
  late.peers = [other]
  late.walk = async function * () {
    await answer.promise
    yield { id: third, multiaddrs: [multiaddr('/ip4/10.0.0.3/tcp/1')] }
  }
  late.discover(third, '/ip4/10.0.0.3/tcp/1')
  late.connector.stop()
  answer.resolve(undefined)
  await turn()
  assert.deepEqual([late.connector.candidates(), late.failures], [[], []])
})
