import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { transactionId } from '../../src/chain/index.ts'
import { STEM } from '../../src/gossip/stem/index.ts'
import { createChainApi } from '../../src/node/api/chain-api.ts'
import { ROUTES } from '../../src/monitor/admin-routes.ts'
import type { TosNode } from '../../src/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { until } from '../support/until.ts'
import { textOf } from './recording-logger.ts'
import { createStemNet, link, signed } from './stem-net.ts'
import type { Watched } from './stem-net.ts'

const net = createStemNet()
after(() => net.stop())

/** a → b → c → d is the only way a stem can take; e dials all of them, asks all of them, and hears all gossip. */
let line: [Watched, Watched, Watched, Watched]
let spy: Watched
before(async () => {
  line = [await net.start(), await net.start(), await net.start(), await net.start()]
  spy = await net.start()
  const [a, b, c, d] = line
  await link(a, b)
  await link(b, c)
  await link(c, d)
  for (const node of line) await link(spy, node)
})

/** Any way to write a hash or a transaction down. */
function forms (bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes)
  return [buffer.toString('hex'), buffer.toString('base64').slice(0, 40), buffer.toString('base64url').slice(0, 40), [...bytes].join(',')]
}

const API_FILES = globSync(fileURLToPath(new URL('../../src/node/api/*-api.ts', import.meta.url)))
/** What answers with a transaction of one's own choosing, or is no business of the node. */
const NOT_ASKED = new Set(['txGet', 'config'])

/** The API as the admin socket offers it, every question that only reads. */
async function answers ({ node }: Watched, peers: readonly string[]): Promise<unknown[]> {
  const modules = await Promise.all(API_FILES.map(async file => Object.values(await import(file) as Record<string, unknown>)))
  const factories = modules.flat().filter((value): value is (node: TosNode, startedAt: number) => object => typeof value === 'function' && /^create\w+Api$/.test(value.name))
  const api = Object.assign({}, ...factories.map(create => create(node, 0))) as Record<string, ((params: object) => Promise<unknown>) | undefined>
  const params: Record<string, object> = { show: { name: 'txStem' }, blockGet: { height: Number(node.tos.ledger.tip().height), full: true }, peersExplain: { peer: peers[0] as string } }
  const asked = Object.entries(ROUTES).filter(([method, { reads, stream }]) => reads && !stream && !NOT_ASKED.has(method)).map(([method]) => method)
  assert.ok(asked.length >= 9)
  return Promise.all(asked.map(async method => {
    const call = api[method]
    // what is refused tells by its message too
    return call === undefined ? assert.fail(`no ${method}`) : call(params[method] ?? {}).catch((error: unknown) => error)
  }))
}

test('a transaction on its stem is in no answer, log, event, dump, block or gossip message of any node', { timeout: 60_000 }, async () => {
  const [a, b, c, d] = line
  const all = [...line, spy]
  const data = signed(a, STEM.fromLevel)
  const id = transactionId(data)
  const quiet = all.map(({ node }) => node.dump())
  await a.node.tos.submit(data)
  // the embargoes are the only trace, and only a test sees them; d has no stem and tries again and again
  await until(() => line.every(({ clock }) => clock.pending > 0) && d.clock.pending === 2)

  const needles = [...forms(id), ...forms(data), ...forms(data.subarray(-64)), 'private words']
  const peers = line.map(({ node }) => node.peerId.toString())
  await assert.rejects(createChainApi(a.node).txGet({ id: toHex(id) }), { code: 'TX_NOT_FOUND' })
  for (const { node } of line) {
    const found = await spy.node.services.transactions.request(node.peerId, { txHashes: [id], includeProof: false })
    assert.deepEqual([found.transactions.length, found.notFound.map(toHex)], [0, [toHex(id)]])
    assert.equal(node.tos.mempool.size, 0)
    assert.equal((await node.tos.miner.mineOne())?.transactions.length ?? 0, 0)
  }
  await until(() => all.every(({ node }) => toHex(node.tos.ledger.tip().hash) === toHex(a.node.tos.ledger.tip().hash)))
  for (const [i, watched] of all.entries()) {
    const { node, logs, events, gossip } = watched
    const told: Record<string, unknown> = { logs, events, gossip: gossip.map(toHex), dump: node.dump(), api: await answers(watched, peers), traffic: peers.map(peer => node.tos.traffic.of(peer)) }
    for (const [where, value] of Object.entries(told)) {
      const written = textOf(value)
      for (const needle of needles) assert.ok(!written.includes(needle), `node ${i}: ${where} shows ${needle.slice(0, 20)}`)
    }
    assert.ok(logs.length > 100 && events.length > 0 && gossip.length > 0)
    assert.deepEqual([node.dump()['mempool'], node.dump()['transactionRelay']], [quiet[i]?.['mempool'], quiet[i]?.['transactionRelay']])
  }

  // the embargo of c ends first
  await c.clock.advance(STEM.embargoMs)
  await until(() => all.every(({ node }) => node.tos.mempool.has(id)))
  assert.ok(textOf(spy.gossip.map(toHex)).includes(toHex(id)))
  assert.equal(toHex(id), (await createChainApi(b.node).txGet({ id: toHex(id) })).id)
})

test('a stem that swallows a transaction only delays it: the embargo of the one who made it ends, and it is told then', { timeout: 60_000 }, async () => {
  const [a] = line
  const data = signed(a, 3, 'swallowed')
  const id = transactionId(data)
  await a.node.tos.submit(data)
  await until(() => line.every(({ clock }) => clock.pending > 0))
  assert.ok(!a.events.some(event => textOf(event).includes(toHex(id))))
  // nobody else's clock moves: for a they are as good as gone
  await a.clock.advance(STEM.embargoMs)
  await until(() => spy.node.tos.mempool.has(id))
  const told = a.events.filter(event => textOf(event).includes(toHex(id))) as Array<{ readonly event: string }>
  assert.deepEqual(told.map(({ event }) => event), ['transaction'])
})

test('low and medium are announced at once; two of high in a row take the nonces that follow', { timeout: 60_000 }, async () => {
  const [a] = line
  for (const level of [0, 1]) {
    const data = signed(a, level)
    await a.node.tos.submit(data)
    assert.ok(a.node.tos.mempool.has(transactionId(data)))
    await until(() => spy.node.tos.mempool.has(transactionId(data)))
  }
  const api = createChainApi(a.node)
  const first = await api.txSend({ privacyLevel: 2 })
  const second = await api.txSend({ privacyLevel: 2 })
  assert.equal(BigInt(second.nonce), BigInt(first.nonce) + 1n)
  assert.equal(a.node.tos.mempool.has(Buffer.from(first.id, 'hex')), false)
  await a.clock.advance(STEM.embargoMs)
  await until(() => spy.node.tos.mempool.has(Buffer.from(second.id, 'hex')))
})
