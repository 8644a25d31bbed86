import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { startDnsServer } from '../support/dns-server.ts'
import { startPlainDht } from '../support/plain-dht.ts'
import { until } from '../support/until.ts'

/** Nobody listens there: port 1 needs privileges and is long out of use. */
const DEAD = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp']
/** What every node here wants, and how many others there are. */
const TARGET = 5
const OTHERS = 6
const LIMIT = { timeout: 60_000 }
/** Every source off; each test turns on the one it is about. */
const quiet = { network: 'devnet', mdns: false, bootstrap: [], dnsSeeds: [], dhtBootstrap: [], peers: { min: 2, target: TARGET, max: 12 } } as const
const nodes: Array<{ stop (): unknown }> = []
const dirs: string[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.stop()))
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ ...quiet, ...(options.dataDir === undefined ? { ephemeral: true } : {}), ...options })
  nodes.push(node)
  return node
}
/** The others want more than there are, so that none of them ever parts with the node under test. */
const ROOM = { min: 2, target: 12, max: 24 }
const startOthers = (options: TosNodeOptions = {}): Promise<TosNode[]> => Promise.all(Array.from({ length: OTHERS }, () => start({ peers: ROOM, ...options })))
/** They serve no DHT and do not want to be told of: neither the DHT nor peer exchange can name them. */
const hidden = { preset: 'light' } as const
const addresses = (node: Pick<TosNode, 'getMultiaddrs'>): string[] => node.getMultiaddrs().map(String)
/** Peers that have proved to be of the network: a plain libp2p node is none. */
const peersOf = (node: TosNode): string[] => node.getPeers().filter(peer => node.services.session.of(peer) !== undefined).map(String)
const reached = (node: TosNode): Promise<void> => until(() => peersOf(node).length >= TARGET)
const kindOf = (origin: string): string => origin.split(':', 1)[0] as string
/** Kinds of source that named `peer` to `node`. */
const kinds = (node: TosNode, peer: string): string[] => node.tos.discovery().candidates.filter(({ key }) => key === peer).flatMap(({ origins }) => origins.map(kindOf))
const named = (node: TosNode): string[] => node.tos.discovery().sources.filter(source => source.named > 0).map(({ origin }) => origin)
/** Every source that had named anybody when the first connection to one of `others` opened, to be asked for right after the start of `node`. */
function atFirstOf (node: TosNode, others: readonly TosNode[]): Promise<string[]> {
  const wanted = new Set(others.map(({ peerId }) => peerId.toString()))
  return new Promise(resolve => {
    node.addEventListener('connection:open', ({ detail }) => { if (wanted.has(detail.remotePeer.toString())) resolve(named(node)) })
  })
}

test('a node whose every seed is dead starts from its address book and reaches its target', LIMIT, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tos-book-'))
  dirs.push(dataDir)
  const others = await startOthers(hidden)
  const before = await createTosNode({ ...quiet, dataDir, peers: ROOM, bootstrap: others.flatMap(addresses) })
  await until(() => peersOf(before).length === OTHERS)
  await before.stop()
  assert.equal(statSync(join(dataDir, 'peers-book.bin')).mode & 0o777, 0o600)

  const node = await start({ dataDir, bootstrap: DEAD })
  const sources = atFirstOf(node, others)
  await reached(node)
  const living = (await sources).filter(origin => !DEAD.some(address => origin === `bootstrap:${address}`))
  assert.deepEqual([...new Set(living)].filter(origin => !['anchor', 'book'].includes(origin)), [], 'nobody but the disk had named anybody')
  for (const peer of peersOf(node)) assert.ok(kinds(node, peer).some(kind => kind === 'anchor' || kind === 'book'), `the disk named ${peer}`)
  assert.ok(node.tos.connector.queue().some(({ why, addresses }) => why !== 'connected' && addresses.includes(DEAD[0] as string)), 'the queue tells of the dead seeds')
})

test('a node that knows only a DNS seed reaches its target, and tells which name failed', LIMIT, async () => {
  const others = await startOthers(hidden)
  const records = others.map(other => [`127.0.0.1:${/\/tcp\/(\d+)/.exec(addresses(other)[0] as string)?.[1]}:full:0x3`])
  await using server = await startDnsServer({ 'peers.example.test': [...records, ['v=spf1 -all']] })
  const node = await start({ dnsSeeds: ['peers.example.test', 'gone.example.test'], dnsServers: [server.address] })
  const sources = atFirstOf(node, others)
  await reached(node)
  assert.deepEqual(await sources, ['dns:peers.example.test'], 'nobody else had named anybody')
  await until(() => peersOf(node).every(peer => kinds(node, peer).includes('dns')))
  const views = new Map(node.tos.discovery().sources.map(source => [source.origin as string, source]))
  assert.deepEqual(views.get('dns:gone.example.test')?.failures.map(({ error }) => error.code), ['DNS_LOOKUP_FAILED'])
  assert.deepEqual(views.get('dns:peers.example.test')?.refused, { INVALID_VALUE: 1 }, 'the record that is none of ours')
})

test('a node that knows only multicast DNS reaches its target', LIMIT, async () => {
  const local = { ...hidden, network: `mdns-${process.pid}`, mdns: true, listen: ['/ip4/127.0.0.1/tcp/0'] }
  const others = await startOthers(local)
  const node = await start(local)
  const sources = atFirstOf(node, others)
  await reached(node)
  assert.deepEqual(await sources, ['mdns'], 'nobody else had named anybody')
  await until(() => peersOf(node).every(peer => kinds(node, peer).includes('mdns')))
})

test('a node that knows only an entry point of the DHT, which is no TOS node, reaches its target', LIMIT, async () => {
  const entry = await startPlainDht('devnet')
  nodes.push(entry)
  const dhtBootstrap = addresses(entry)
  const others = await startOthers({ dhtBootstrap })
  await until(() => entry.getPeers().length >= OTHERS)
  // it only asks: nobody can find it, so whoever it is connected to it has found itself
  const node = await start({ dhtBootstrap, preset: 'light' })
  const sources = atFirstOf(node, others)
  await reached(node)
  assert.deepEqual(await sources, ['dht', ...dhtBootstrap.map(address => `bootstrap:${address}`)], 'nobody else had named anybody')
  for (const peer of peersOf(node)) assert.ok(kinds(node, peer).includes('dht'), `the DHT named ${peer}`)
  assert.equal(node.services.session.of(entry.peerId), undefined)
})

test('nodes that know one peer each reach their target', LIMIT, async () => {
  const first = await start({ peers: ROOM })
  const bootstrap = addresses(first)
  const others = await startOthers({ bootstrap, peers: ROOM })
  const sources = others.map(node => atFirstOf(node, [first, ...others]))
  for (const node of [first, ...others]) await reached(node)
  for (const origins of await Promise.all(sources)) assert.ok(origins.includes(`bootstrap:${bootstrap[0]}`))
})

test('what a peer tells is dialled: peer exchange brings a node to a peer of its peer', LIMIT, async () => {
  const far = await start()
  const middle = await start({ bootstrap: addresses(far) })
  await until(() => middle.dump()['discovery']?.['tried'] === 1)
  const node = await start({ bootstrap: addresses(middle) })
  await until(() => node.getPeers().length >= 2)
  await until(() => kinds(node, far.peerId.toString()).includes('exchange'))
})
