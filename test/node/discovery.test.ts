import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { startDnsServer } from '../support/dns-server.ts'
import { until } from '../support/until.ts'

/** Nobody listens there: port 1 needs privileges and is long out of use. */
const DEAD = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp']
const quiet = { network: 'devnet', mdns: false, bootstrap: [] } as const
const nodes: TosNode[] = []
const dirs: string[] = []
after(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

async function start (options: TosNodeOptions): Promise<TosNode> {
  const node = await createTosNode({ ...quiet, ...(options.dataDir === undefined ? { ephemeral: true } : {}), ...options })
  nodes.push(node)
  return node
}
const connected = (node: TosNode, count = 1): Promise<void> => until(() => node.getPeers().length >= count)
/** Kinds of source that named `peer` to `node`. */
const kinds = (node: TosNode, peer: TosNode): string[] =>
  node.tos.discovery().candidates.filter(({ key }) => key === peer.peerId.toString()).flatMap(({ origins }) => origins.map(origin => origin.split(':', 1)[0] as string))

test('a node whose every seed is dead starts from its address book', { timeout: 10_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tos-book-'))
  dirs.push(dataDir)
  const friend = await start({})
  const first = await createTosNode({ ...quiet, dataDir, bootstrap: friend.getMultiaddrs().map(String) })
  await until(() => first.services.session.of(friend.peerId) !== undefined)
  await until(() => Number(first.dump()['discovery']?.['tried']) === 1)
  await first.stop()
  assert.equal(statSync(join(dataDir, 'peers-book.bin')).mode & 0o777, 0o600)

  const again = await start({ dataDir, bootstrap: DEAD })
  await connected(again)
  assert.deepEqual(again.getPeers().map(String), [friend.peerId.toString()])
  assert.ok(kinds(again, friend).some(kind => kind === 'anchor' || kind === 'book'), 'the disk named it')
  assert.ok(again.tos.connector.queue().some(({ why, addresses }) => why === 'connected' || addresses.includes(DEAD[0] as string)), 'the queue tells of the dead seeds')
})

test('a node that knows only a DNS seed finds its peers there', { timeout: 10_000 }, async () => {
  const friend = await start({})
  const port = Number(/\/tcp\/(\d+)/.exec(String(friend.getMultiaddrs()[0]))?.[1])
  await using server = await startDnsServer({ 'peers.example.test': [[`127.0.0.1:${port}:full:0x3`], ['v=spf1 -all']] })
  const node = await start({ dnsSeeds: ['peers.example.test', 'gone.example.test'], dnsServers: [server.address] })
  await connected(node)
  await until(() => kinds(node, friend).includes('dns'))
  const { sources } = node.tos.discovery()
  assert.deepEqual(sources.find(({ origin }) => origin === 'dns:gone.example.test')?.failures.map(({ error }) => error.code), ['DNS_LOOKUP_FAILED'], 'and tells which one failed')
})

test('nodes that know one peer each reach their target', { timeout: 15_000 }, async () => {
  const options = { peers: { target: 4, min: 2, max: 8 } }
  const first = await start(options)
  const others = await Promise.all([1, 2, 3, 4, 5].map(() => start({ ...options, bootstrap: first.getMultiaddrs().map(String) })))
  for (const node of [first, ...others]) await connected(node, 4)
})

test('what a peer tells is dialled: peer exchange brings a node to a peer of its peer', { timeout: 10_000 }, async () => {
  const far = await start({ preset: 'full' })
  const middle = await start({ bootstrap: far.getMultiaddrs().map(String) })
  await until(() => Number(middle.dump()['discovery']?.['tried']) === 1)
  const node = await start({ bootstrap: middle.getMultiaddrs().map(String) })
  await connected(node, 2)
  await until(() => kinds(node, far).includes('exchange'))
})

test('a node that knows only multicast DNS finds the other', { timeout: 10_000 }, async () => {
  const network = `mdns-${process.pid}`
  const [a, b] = [await start({ network, mdns: true, listen: ['/ip4/127.0.0.1/tcp/0'] }), await start({ network, mdns: true, listen: ['/ip4/127.0.0.1/tcp/0'] })]
  await until(() => a.getPeers().length + b.getPeers().length > 0)
  await until(() => kinds(a, b).includes('mdns') || kinds(b, a).includes('mdns'))
})
