import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTosNode, TosError } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { gossipPoints } from '../../src/node/guard-parts.ts'
import { until } from '../support/until.ts'

const dirs: string[] = []
const nodes: TosNode[] = []
const tempDir = (): string => { const dir = mkdtempSync(join(tmpdir(), 'tos-guard-')); dirs.push(dir); return dir }
const quiet = { network: 'devnet', mdns: false, bootstrap: [], peers: { min: 0 } } as const
after(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ ...quiet, ephemeral: options.dataDir === undefined, ...options })
  nodes.push(node)
  return node
}

test('a peer that breaks rules is told GOODBYE "banned", hung up on, and still barred after a restart', { timeout: 30_000 }, async () => {
  const dataDir = tempDir()
  const a = await start({ dataDir })
  const b = await start()
  const id = b.peerId.toString()
  const left = Promise.withResolvers<string | undefined>()
  b.tos.events.subscribe(event => { if (event.event === 'peer-disconnected') left.resolve(event.reason) })
  const refused: string[] = []
  a.tos.events.subscribe(event => { if (event.event === 'peer-refused') refused.push(event.code) })
  await b.services.tosPing.request(a.getMultiaddrs()[0] as never, { userAgent: 'test', services: 0n, timestamp: 0n })
  a.services.reputation.record(id, 'transport_error')
  assert.equal(gossipPoints(a.tos.guard)(id), 0, 'a reset costs no place in the mesh')
  // as the kernel, and as the chain, report it
  a.tos.kernel.incidents.report({ code: 'CORRUPT_MESSAGE', peer: id, protocol: '/x', error: new TosError('CORRUPT_MESSAGE', 'x') })
  assert.deepEqual([a.services.reputation.score(id), gossipPoints(a.tos.guard)(id)], [300, -80])
  a.tos.kernel.incidents.report({ code: 'INVALID_BLOCK', peer: id, protocol: 'chain', error: new TosError('INVALID_BLOCK', 'x') })
  assert.match(await left.promise ?? '', /^banned/)
  await until(() => a.getConnections(b.peerId).length === 0)
  assert.deepEqual([a.tos.guard.isBanned(id)?.reason, refused, gossipPoints(a.tos.guard)(id)], ['invalid_block', ['BANNED'], -240])
  await a.stop()
  nodes.splice(nodes.indexOf(a), 1)
  const again = await start({ dataDir })
  assert.deepEqual([again.tos.guard.isBanned(id)?.by, again.tos.guard.score(id), (await again.dial(b.peerId).catch((error: Error) => error.name))], ['score', 100, 'DialDeniedError'])
})

test('a peer that brings a new valid block is rewarded once', { timeout: 30_000 }, async () => {
  const [a, b] = [await start(), await start()]
  await b.dial(a.getMultiaddrs())
  const topics = (node: TosNode): number => node.services.pubsub.getTopics().filter(topic => node.services.pubsub.getSubscribers(topic).length > 0).length
  while (topics(a) < 2 || topics(b) < 2) await once(a.services.pubsub as unknown as EventTarget, 'subscription-change', { signal: AbortSignal.timeout(200) }).catch(() => {})
  const hash = await b.tos.miner.mineOne()
  assert.ok(hash !== undefined)
  const earned = (): unknown[] => a.tos.guard.explain(b.peerId.toString()).events.flatMap(({ reason, delta }) => reason === 'valid_block' ? [delta] : [])
  await until(() => earned().length > 0)
  assert.deepEqual(earned(), [50])
  assert.ok(a.tos.measures.of(b.peerId.toString())?.lastBlockAt !== undefined)
})

test('damaged files of bans and scores are kept aside and told', async () => {
  const dataDir = tempDir()
  await (await createTosNode({ ...quiet, dataDir })).stop()
  for (const name of ['bans.bin', 'reputation.bin']) writeFileSync(join(dataDir, name), 'damage')
  const node = await start({ dataDir })
  const told: string[] = []
  node.tos.events.subscribe(event => { if (event.event === 'warning') told.push(`${event.code} ${event.message}`) })
  assert.deepEqual(told.map(text => /^PEER_FILE_INVALID .*kept as .*\/(?:bans|reputation)\.bin\.damaged$/.test(text)), [true, true], told.join('\n'))
  for (const name of ['bans.bin', 'reputation.bin']) assert.ok(existsSync(join(dataDir, `${name}.damaged`)))
})

test('a whitelist entry that is neither a peer id nor a range stops the start', async () => {
  await assert.rejects(createTosNode({ ...quiet, ephemeral: true, whitelist: ['not a peer'] }), { code: 'CONFIG_INVALID' })
})
