import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { PrivateKey } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createCandidates, SOURCES, walkDht } from '../../../src/discovery/index.ts'
import type { Candidate } from '../../../src/discovery/index.ts'
import { kadProtocol } from '../../../src/node/transport/libp2p-options.ts'
import { stockWireOptions } from '../../../src/node/transport/stock-wire.ts'
import { planDials, TOPOLOGY_LIMITS } from '../../../src/peers/topology/index.ts'
import type { DialCandidate } from '../../../src/peers/topology/index.ts'
import { nodeIdToPeerId } from '../../../src/protocol/index.ts'
import { alarm, seeded, state } from '../../../test/peers-topology/support.ts'
import { floorRow, limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { startKadLiar } from './kad-liar.ts'
import type { NamedPeer } from './kad-liar.ts'

const NETWORK = 'devnet'
const KEY = new Uint8Array(32).fill(7)
/** Liars that answer, chosen as the nearest of many keys, and those they invent: nobody listens there. */
const LIARS = 4
const KEYS = 64
const INVENTED = 20
const IDS = 2000
const HONEST = 3
const WALK_MS = 10_000
const DIAL_MS = 3000
const JOIN_MS = 10_000

/** DHT poisoning: all peers near a key are the attacker's. Real kad-dht nodes over TCP; the walk, the candidates and the dial plan are the node's own. */
export async function dhtPoison (): Promise<Row[]> {
  await using stack = new AsyncDisposableStack()
  const started = <T extends { stop (): void | Promise<void> }>(node: T): T => { stack.defer(async () => { await node.stop() }); return node }
  const keys = await Promise.all(Array.from({ length: KEYS }, async () => await generateKeyPair('Ed25519')))
  const named: NamedPeer[] = nearest(Array.from({ length: IDS }, (_, i) => invented(i)), id => id).slice(0, INVENTED).map(id => ({ id, address: '/ip4/127.0.0.1/tcp/1' }))
  const liars = await Promise.all(nearest(keys, key => idOf(key)).slice(0, LIARS).map(async key => started(await startKadLiar(kadProtocol(NETWORK), key, () => named))))
  for (const liar of liars) named.push({ id: liar.peerId.toMultihash().bytes, address: bare(liar.getMultiaddrs()[0]) })
  const honest = await Promise.all(Array.from({ length: HONEST }, async () => started(await startKad(false))))
  const victim = started(await startKad(true))

  // the victim entered the DHT through liars alone
  for (const liar of liars) await victim.dial(liar.getMultiaddrs())
  for (const end = performance.now() + JOIN_MS; performance.now() < end && liars.some(({ peerId }) => !known(victim).has(peerId.toString()));) await delay(50)
  const candidates = createCandidates({ self: victim.peerId.toString(), clock: { now: () => 0 } })
  const rules = { publicOnly: false }
  const found = await walkDht(victim.peerRouting, candidates, { key: KEY, signal: AbortSignal.timeout(WALK_MS), ...rules })
  const walked = candidates.list()
  // the other source: a DNS seed that names honest peers
  for (const node of honest) candidates.add('dns:peers.example.org', { peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(bare) })

  const { dials } = planDials(candidates.list().map(toDial), state(alarm), { random: seeded(1), exemptPrivate: true, dials: { emergencyParallel: TOPOLOGY_LIMITS.minOutbound } })
  const reached = await Promise.all(dials.map(async ({ candidate }) => {
    try {
      const { remotePeer } = await victim.dial(candidate.addresses.map(address => multiaddr(`${address}/p2p/${candidate.peer}`)), { signal: AbortSignal.timeout(DIAL_MS) })
      return remotePeer.toString()
    } catch {
      // nobody there, as the liars meant it
      return ''
    }
  }))
  const honestIds = new Set(honest.map(({ peerId }) => peerId.toString()))
  const what = `DHT, ${LIARS} Sybils nearest the key name ${named.length}`
  return [
    floorRow(`${what}: hostile peers the walk met`, found, 'peers', 1),
    plainRow(`${what}: honest peers the walk met`, walked.filter(({ key }) => honestIds.has(key)).length, `of ${HONEST}`),
    limitRow(`${what}: candidates from the DHT`, walked.length, 'candidates', 1000 * SOURCES.dht.share),
    limitRow(`${what}: first outbound dials at Sybils`, dials.filter(({ origin }) => origin.source === 'dht').length, `of ${TOPOLOGY_LIMITS.minOutbound}`, TOPOLOGY_LIMITS.minOutbound * TOPOLOGY_LIMITS.seedShare / 1000),
    floorRow(`${what}: honest peers reached through another source`, reached.filter(peer => honestIds.has(peer)).length, `of ${HONEST}`, 1)
  ]
}

/** Whom the routing table holds; the library does not tell in its types. */
function known ({ services: { dht } }: Awaited<ReturnType<typeof startKad>>): Set<string> {
  const { routingTable } = dht as unknown as { readonly routingTable: { readonly kb: { toIterable (): Iterable<{ readonly peerId: object }> } } }
  return new Set(Array.from(routingTable.kb.toIterable(), ({ peerId }) => String(peerId)))
}

async function startKad (clientMode: boolean) {
  return await createLibp2p({
    ...stockWireOptions(), addresses: { listen: clientMode ? [] : ['/ip4/127.0.0.1/tcp/0'] }, connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping(), dht: kadDHT({ protocol: kadProtocol(NETWORK), clientMode, peerInfoMapper: passthroughMapper }) }
  })
}

function toDial ({ key, addresses, origins }: Candidate): DialCandidate {
  const source = origins.some(origin => origin.startsWith('dns')) ? 'dns' : 'dht'
  return { peer: key, addresses, origins: [{ source, seed: origins[0] ?? source }], tried: false, failures: 0, notBefore: 0, prior: 50, privateRange: true }
}

/** Without the id at its end. */
function bare (address: unknown): string {
  return String(address).replace(/\/p2p\/.*/, '')
}

function idOf (key: PrivateKey): Uint8Array {
  return peerIdFromPrivateKey(key).toMultihash().bytes
}

function invented (i: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, i + 1)
  return nodeIdToPeerId(bytes).toMultihash().bytes
}

/** By distance to the key as kad-dht measures it: between hashes. */
function nearest<T> (all: readonly T[], id: (item: T) => Uint8Array): T[] {
  const hash = (bytes: Uint8Array): bigint => BigInt(`0x${createHash('sha256').update(bytes).digest('hex')}`)
  const place = hash(KEY)
  return all.map(item => ({ item, distance: hash(id(item)) ^ place })).sort((a, b) => a.distance < b.distance ? -1 : 1).map(({ item }) => item)
}
