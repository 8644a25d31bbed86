import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createMiningApi } from '../../src/node/api/mining-api.ts'
import { createTosNode } from '../../src/index.ts'
import type { TosNode } from '../../src/index.ts'
import { createAdminClient, serveAdmin } from '../../src/monitor/index.ts'
import type { AdminApi, AdminServer } from '../../src/monitor/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { createFakeApi } from '../monitor/fake-api.ts'
import { makeShare, shareSigner } from '../support/shares.ts'
import { until } from '../support/until.ts'

const dir = mkdtempSync(join(tmpdir(), 'tos-mining-'))
const nodes: TosNode[] = []
const servers: AdminServer[] = []
after(async () => {
  await Promise.all(servers.map(server => server.close()))
  await Promise.all(nodes.map(node => node.stop()))
  rmSync(dir, { recursive: true, force: true })
})

/** A node and its admin socket, as an external miner sees it. */
async function start (): Promise<{ node: TosNode, admin: AdminApi }> {
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true })
  nodes.push(node)
  const socket = join(dir, `${nodes.length}.sock`)
  servers.push(await serveAdmin({ ...createFakeApi().api, ...createMiningApi(node) }, socket))
  return { node, admin: createAdminClient(socket) }
}

/** Knows SHA3-256 and what the template says, nothing of ours. */
function search ({ header, nonceOffset, target }: { readonly header: string, readonly nonceOffset: number, readonly target: string }): bigint {
  const bytes = Buffer.from(header, 'hex')
  for (let nonce = 1n; ; nonce++) {
    bytes.writeBigUInt64LE(nonce, nonceOffset)
    if (createHash('sha3-256').update(bytes).digest('hex') <= target) return nonce
  }
}

const [a, b] = [await start(), await start()]
await a.node.dial(b.node.getMultiaddrs())
const subscribed = ({ node }: typeof a, other: typeof a): boolean =>
  (['miningShare', 'blockAnnounce'] as const).every(topic => node.services[topic].subscribers().includes(other.node.peerId.toString()))
await until(() => subscribed(a, b) && subscribed(b, a))

test('a share submitted at one node is seen at the other, once, with its miner', async () => {
  const sent = await a.admin.shareSubmit({ task: '11'.repeat(32), quality: 42, energyUsed: '7', proof: 'abcd' })
  assert.deepEqual([sent.status, sent.miner, sent.peers], ['accepted', toHex(a.node.tos.nodeId), 1])
  await until(() => b.node.tos.shares.list().length > 0)
  const [seen] = await b.admin.shareLs({})
  assert.deepEqual([seen?.id, seen?.miner, seen?.quality, seen?.energyUsed, seen?.task, seen?.proofBytes, seen?.origin], [sent.id, sent.miner, 42, '7', '11'.repeat(32), 2, 'topic'])
  assert.deepEqual([(await a.admin.shareLs({}))[0]?.origin, (await b.admin.shareMiners())[0]?.shares], ['local', 1])
  assert.equal(b.node.dump()['shares']?.['accepted'], 1)
})

test('a share for a pool is seen there and nowhere else', async () => {
  const sent = await a.admin.shareSubmit({ pool: b.node.peerId.toString() })
  await until(() => b.node.tos.shares.list().length === 2)
  assert.deepEqual((await b.admin.shareLs({ max: 1 })).map(({ id, origin }) => [id, origin]), [[sent.id, 'pool']])
})

test('the faults of a share are coded: by whom it was signed, what it names, what it asks of the node', async () => {
  const forged = { ...await makeShare(shareSigner(3), Date.now(), { difficulty: 1024n }), qualityScore: 1 }
  const { AI_MINING_SHARE } = await import('../../protocols/index.ts')
  const { encode } = await import('../../src/wire/index.ts')
  const raw = toHex(encode(AI_MINING_SHARE.schema, forged))
  await assert.rejects(a.admin.shareSubmit({ raw }), { code: 'INVALID_SHARE', details: { rule: 'signature', id: createHash('sha256').update(Buffer.from(raw, 'hex')).digest('hex') } })
  await assert.rejects(a.admin.shareSubmit({ block: 'ab'.repeat(32) }), (error: { code: string, details: { rule: string } }) => error.code === 'INVALID_SHARE' && error.details.rule === 'unknown-block')
  await assert.rejects(a.admin.shareSubmit({ quality: 101 }), { code: 'INVALID_VALUE' })
  await assert.rejects(a.admin.shareSubmit({ nonce: '1' }), { code: 'USAGE' })
  await assert.rejects(a.admin.shareSubmit({ difficulty: '99999999999' }), { code: 'USAGE' })
  await assert.rejects(a.admin.shareSubmit({ task: 'zz' }), { code: 'INVALID_VALUE' })
})

test('a forged share over the topic costs its sender score at the other node', async () => {
  const before = b.node.tos.guard.score(a.node.peerId.toString())
  const forged = { ...await makeShare(shareSigner(4), Date.now(), { difficulty: 1024n }), energyUsed: 99n }
  await a.node.services.miningShare.publish(forged)
  await until(() => b.node.dump()['shares']?.['invalid'] === 1)
  await until(() => b.node.tos.guard.score(a.node.peerId.toString()) < before)
  assert.equal(b.node.tos.kernel.incidents.counts.get('INVALID_SHARE'), 1)
})

test('a miner outside mines by template and submit; the other node follows; stale and wrong nonces are coded', { timeout: 30_000 }, async () => {
  const template = await a.admin.blockTemplate({ miner: '0a'.repeat(32), aiMined: true })
  const behind = await a.admin.blockTemplate({})
  const nonce = String(search(template))
  await assert.rejects(a.admin.blockSubmit({ template: template.template, nonce: '0' }), (error: { code: string, details: { rule: string } }) => error.code === 'INVALID_BLOCK' && error.details.rule === 'proof-of-work')
  const mined = await a.admin.blockSubmit({ template: template.template, nonce })
  assert.deepEqual([mined.status, mined.height, toHex(a.node.tos.ledger.tip().hash)], ['accepted', 1, mined.hash])
  assert.equal(toHex(a.node.tos.ledger.header(Buffer.from(mined.hash, 'hex'))?.miner as Uint8Array), '0a'.repeat(32))
  await until(() => toHex(b.node.tos.ledger.tip().hash) === mined.hash)
  assert.equal((await a.admin.blockSubmit({ template: template.template, nonce })).status, 'known')
  await assert.rejects(a.admin.blockSubmit({ template: behind.template, nonce: String(search(behind)) }), { code: 'STALE_TEMPLATE' })
  await assert.rejects(a.admin.blockSubmit({ template: 'cd'.repeat(32), nonce: '1' }), { code: 'STALE_TEMPLATE' })
  await assert.rejects(a.admin.blockSubmit({ template: template.template, nonce: '-1' }), { code: 'INVALID_VALUE' })
})
