import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { SeedPin } from '../../src/discovery/seed-pins.ts'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { until } from '../support/until.ts'

const LIMIT = { timeout: 60_000 }
const quiet = { network: 'devnet', mdns: false, bootstrap: [], dnsSeeds: [], dhtBootstrap: [] } as const
const dir = mkdtempSync(join(tmpdir(), 'tos-seeds-'))
const nodes: TosNode[] = []
after(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  rmSync(dir, { recursive: true, force: true })
})

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ ...quiet, ...(options.dataDir === undefined ? { ephemeral: true } : {}), ...options })
  nodes.push(node)
  return node
}
const connected = (node: TosNode, peer: TosNode): Promise<void> => until(() => node.services.session.of(peer.peerId) !== undefined)
/** Where a node listens, without its id. */
const bare = (node: TosNode): string => String(node.getMultiaddrs()[0]).replace(/\/p2p\/.*/, '')
const pinned = (dataDir: string): unknown[] =>
  (JSON.parse(readFileSync(join(dataDir, 'seed-pins.json'), 'utf8')) as SeedPin[]).map(({ address, peer, before }) => [address, peer, before])
/** Codes of the warnings an operator gets from now on. */
function warnings (node: TosNode): string[] {
  const codes: string[] = []
  node.tos.events.subscribe(event => { if (event.event === 'warning') codes.push(event.code) })
  return codes
}

test('the key first met at a seed is remembered over a restart; another one warns, is taken and remembered, while running too', LIMIT, async () => {
  const dataDir = join(dir, 'first-use')
  const seed = await start()
  const address = bare(seed)
  const first = await start({ dataDir, bootstrap: [address] })
  const told = warnings(first)
  await connected(first, seed)
  await until(() => first.dump()['discovery']?.['pins'] === 1)
  await first.stop()
  assert.deepEqual(pinned(dataDir), [[address, seed.peerId.toString(), undefined]])
  await seed.stop()

  // the disk names the old key for this address
  const second = await start({ listen: [address] })
  const again = await start({ dataDir, bootstrap: [address] })
  const toldAgain = warnings(again)
  await connected(again, second)
  assert.deepEqual(pinned(dataDir), [[address, second.peerId.toString(), seed.peerId.toString()]])
  await second.stop()

  const third = await start({ listen: [address] })
  await connected(again, third)
  assert.deepEqual(pinned(dataDir), [[address, third.peerId.toString(), second.peerId.toString()]])
  assert.deepEqual([told, toldAgain], [[], ['SEED_CHANGED', 'SEED_CHANGED']])
})

test('whoever answers at an address named with /p2p/<id> and has another key gets no connection', LIMIT, async () => {
  const thief = await start()
  const seed = await start()
  const node = await start({ bootstrap: [`${bare(thief)}/p2p/${seed.peerId}`] })
  await until(() => (node.tos.connector.queue()[0]?.failures ?? 0) > 1)
  assert.deepEqual([node.getPeers(), thief.getPeers()], [[], []])
})

test('an id named for an address holds where the address is named without one too: another key is refused with a warning', LIMIT, async () => {
  const thief = await start()
  const seed = await start()
  const dataDir = join(dir, 'pinned')
  const node = await start({ dataDir, bootstrap: [`${bare(thief)}/p2p/${seed.peerId}`], peers: { static: [bare(thief)] } })
  const told = warnings(node)
  await until(() => told.length > 0 && node.getPeers().length === 0)
  assert.equal(told[0], 'SEED_PIN_MISMATCH')
  assert.equal(node.dump()['discovery']?.['pins'], 0)
})
