import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { cell, isHere, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import type { PeerProcess } from './harness/peer-process.ts'
import { dial } from './harness/steps.ts'
import type { PeerKind } from './harness/toolchain.ts'

const VALUES = '7 kad: put, get'
const PEERS = '7 kad: provide, find'
const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'], kad: { protocol: '/tos/devnet/kad/1.0.0', mode: 'server' } }
/** py-libp2p has a file of its own: it cannot hold such records, and its answers to PUT_VALUE end a go peer. */
const FOREIGN = ['js', 'go', 'rust'] as const
const KINDS: readonly PeerKind[] = ['tosd', ...FOREIGN]

/** A public key under its own name: the one kind of record that every library checks, and all in the same way. */
async function getsWhatWasPut (p: PeerProcess, q: PeerProcess): Promise<void> {
  const { publicKey } = await generateKeyPair('Ed25519')
  const key = Buffer.concat([Buffer.from('/pk/'), publicKey.toMultihash().bytes]).toString('base64')
  const value = Buffer.from(publicKeyToProtobuf(publicKey)).toString('base64')
  await p.ask('dht-put', { key, value })
  assert.equal((await q.ask<{ readonly value: string }>('dht-get', { key })).value, value)
}

/** Who provides something, and where it is. */
async function findsWhoProvides (p: PeerProcess, q: PeerProcess): Promise<void> {
  const cid = CID.createV1(0x55, digestOf(0x12, randomBytes(32))).toString()
  await p.ask('dht-provide', { cid })
  const { peers } = await q.ask<{ readonly peers: readonly string[] }>('dht-findprovs', { cid, count: 1 })
  assert.ok(peers.includes(p.peerId), `provided by ${p.peerId}, found ${peers.join(' ')}`)

  const { addrs } = await q.ask<{ readonly addrs: readonly string[] }>('dht-findpeer', { peer: p.peerId })
  const port = /\/tcp\/\d+/.exec(p.addrs[0] ?? '')?.[0] ?? '?'
  assert.ok(addrs.some(addr => addr.includes(port)), `${p.kind} listens on ${p.addrs.join(' ')}, found at ${addrs.join(' ')}`)
}

/** Resolves once the bootstrap node is in the node's table: identify must have told that it serves the DHT. */
async function join (node: PeerProcess, first: PeerProcess): Promise<void> {
  await dial(node, first)
  await eventually(async () => {
    const { peers } = await node.ask<{ readonly peers: readonly string[] }>('dht-table')
    assert.ok(peers.includes(first.peerId), `${node.kind} does not have ${first.kind} in its table`)
  })
}

/** A network of its own: one bootstrap node, and behind it a node of each kind, with a second one of ours. All know nobody but the first. */
async function network (context: TestContext, bootstrap: PeerKind, kinds: readonly PeerKind[]): Promise<void> {
  const others = [...kinds, 'tosd' as const].map((kind, i) => [`${kind} ${i}`, [kind, config]] as const)
  const started = await withPeers<string>(context, { bootstrap: [bootstrap, config], ...Object.fromEntries(others) })
  const { bootstrap: first, ...rest } = started as { bootstrap: PeerProcess } & Record<string, PeerProcess>
  const nodes = Object.values(rest)
  const joined = new Map(nodes.map(node => [node, join(node, first)]))
  await Promise.allSettled(joined.values())
  for (const [p, q] of pairs(nodes)) {
    const peer = [bootstrap, p.kind, q.kind].find(kind => kind !== 'tosd')
    if (peer === undefined || ![bootstrap, p.kind, q.kind].includes('tosd')) continue
    for (const [scenario, finds] of [[VALUES, getsWhatWasPut], [PEERS, findsWhoProvides]] as const) {
      await cell(context, { peer, scenario, direction: `${p.kind} → ${q.kind} over ${bootstrap}` }, async () => {
        await Promise.all([joined.get(p), joined.get(q)])
        await finds(p, q)
      })
    }
  }
}

/** Every kind with every other, in both orders, and ours with ours: the last node is there for that alone. */
function pairs (nodes: readonly PeerProcess[]): Array<readonly [PeerProcess, PeerProcess]> {
  const [ours, twin] = [nodes[0] as PeerProcess, nodes.at(-1) as PeerProcess]
  const kinds = nodes.slice(0, -1)
  return [[ours, twin], ...kinds.flatMap(p => kinds.filter(q => q !== p).map(q => [p, q] as const))]
}

const here: PeerKind[] = ['tosd']
for (const peer of FOREIGN) {
  void test(`7 kad · is ${peer} here`, async context => {
    const names: CellName[] = [VALUES, PEERS].map(scenario => ({ peer, scenario, direction: `every triple with ${peer}` }))
    if (await isHere(context, peer, names)) here.push(peer)
  })
}
for (const bootstrap of KINDS) {
  void test(`7 kad · over ${bootstrap}`, async context => {
    if (here.includes(bootstrap)) await network(context, bootstrap, here)
    else context.skip(`${bootstrap} is not here`)
  })
}
