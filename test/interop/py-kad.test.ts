import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'
import { cell, isHere, part, skipCell, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import type { PeerProcess } from './harness/peer-process.ts'
import type { PeerKind } from './harness/toolchain.ts'
import { dial } from './harness/steps.ts'
import { PY_LACKS } from './py/known.ts'

const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'], kad: { protocol: '/tos/devnet/kad/1.0.0', mode: 'server' } }
const name = (what: string, direction: string): CellName => ({ peer: 'py', scenario: `7 kad with py: ${what}`, direction })

interface Peers { readonly peers: readonly string[] }

const PATIENCE_MS = 6000

async function knows (one: PeerProcess, other: PeerProcess): Promise<void> {
  await eventually(async () => {
    const { peers } = await one.ask<Peers>('dht-table')
    assert.ok(peers.includes(other.peerId), `${one.kind} does not have ${other.kind} in its table`)
  }, PATIENCE_MS)
}

/** Each has the other in its table. py-libp2p sometimes asks a newcomer for its protocols too early, and then never again on that connection. */
async function join (node: PeerProcess, first: PeerProcess): Promise<void> {
  for (let tries = 5; ; tries--) {
    await dial(node, first)
    try {
      await knows(node, first)
      await knows(first, node)
      return
    } catch (error) {
      if (tries === 1) throw error
      await part(node, first)
    }
  }
}

/** `q` finds `p` as a provider, and `p` itself, through a third node. */
async function findsProvider (p: PeerProcess, q: PeerProcess): Promise<void> {
  const cid = CID.createV1(0x55, digestOf(0x12, randomBytes(32))).toString()
  // py-libp2p waits ten seconds for an answer to ADD_PROVIDER, which has none: what counts is that the record is there
  const provided = p.ask('dht-provide', { cid }).catch(() => {})
  await eventually(async () => {
    const { peers } = await q.ask<Peers>('dht-findprovs', { cid, count: 1 })
    assert.ok(peers.includes(p.peerId), `provided by ${p.peerId}, found ${peers.join(' ')}`)
  })
  const { addrs } = await q.ask<{ readonly addrs: readonly string[] }>('dht-findpeer', { peer: p.peerId })
  const port = /\/tcp\/\d+/.exec(p.addrs[0] ?? '')?.[0] ?? '?'
  assert.ok(addrs.some(addr => addr.includes(port)), `${p.kind} listens on ${p.addrs.join(' ')}, found at ${addrs.join(' ')}`)
  if (p.kind !== 'py') await provided
}

for (const bootstrap of ['py', 'tosd'] as const satisfies readonly PeerKind[]) {
  void test(`7 kad · py-libp2p and ours over ${bootstrap}`, async context => {
    const [there, back] = [`tosd provides, py finds, over ${bootstrap}`, `py provides, tosd finds, over ${bootstrap}`]
    const cells = [name('provide, find', there), name('provide, find', back), name('put, get', `py and tosd over ${bootstrap}`)] as const
    if (!await isHere(context, 'py', cells)) return
    const { first, py, tosd } = await withPeers(context, { first: [bootstrap, config], py: ['py', config], tosd: ['tosd', config] })
    for (const node of [py, tosd]) await join(node, first)
    await cell(context, cells[0], () => findsProvider(tosd, py))
    await cell(context, cells[1], () => findsProvider(py, tosd))
    await skipCell(context, cells[2], PY_LACKS.dhtRecords)
  })
}
