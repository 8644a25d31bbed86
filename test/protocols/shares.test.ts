import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { AI_MINING_SHARE, mining } from '../../protocols/index.ts'
import type { MiningShare } from '../../protocols/index.ts'
import { createSharePool } from '../../src/chain/shares/share-pool.ts'
import type { SharePool, SharePoolDeps } from '../../src/chain/shares/share-pool.ts'
import { createHashWork } from '../../src/chain/shares/share-work.ts'
import { createKernel, plainTwin } from '../../src/protocol/index.ts'
import type { Kernel, StreamSender, TosErrorCode } from '../../src/protocol/index.ts'
import { NOW_MS } from '../support/frames.ts'
import { createKernelNet } from '../support/kernel-net.ts'
import { rawPeer } from '../support/kernel-pair.ts'
import type { RawPeer } from '../support/kernel-pair.ts'
import type { RawStream } from '../support/raw-stream.ts'
import { SHARE_NET, makeShare, shareSigner } from '../support/shares.ts'
import { until } from '../support/until.ts'

interface World { pool: SharePool, kernel: Kernel, miner: StreamSender<MiningShare>, raw: RawPeer, stream: RawStream, count: (code: TosErrorCode) => number }

/** A pool mounted as a service by itself, a miner that speaks our protocol and one that writes by hand. */
async function setUp (t: TestContext, deps: Partial<SharePoolDeps> = {}): Promise<World> {
  const pool = createSharePool({ network: SHARE_NET, work: createHashWork({ minDifficulty: 16n }), clock: { now: () => NOW_MS }, ...deps })
  const net = createKernelNet()
  t.after(() => { net.close() })
  const mount = async (definition: ReturnType<typeof mining>): Promise<{ peer: Awaited<ReturnType<typeof net.peer>>, kernel: Kernel, open: () => Promise<StreamSender<MiningShare>> }> => {
    const peer = await net.peer()
    const kernel = createKernel({ network: SHARE_NET, now: () => NOW_MS })
    const service = kernel.mountStream(definition)(peer.components)
    await service.start()
    t.after(() => service.stop())
    return { peer, kernel, open: () => service.open(server.peer.peerId) }
  }
  const server = await mount(mining(pool))
  const asker = await mount(mining({ share: () => 'ignore', submitted: () => {} }))
  const raw = await rawPeer(net, server.peer, plainTwin('/tos/devnet/mining/1.0.0'))
  return { pool, kernel: server.kernel, miner: await asker.open(), raw, stream: await raw.open(), count: code => server.kernel.incidents.counts.get(code) ?? 0 }
}

const alice = shareSigner(1)

test('a pool alone, without a node: shares come over its stream and are counted once', async t => {
  const { pool, miner, kernel } = await setUp(t)
  const shares = await Promise.all([0n, 1n, 2n].map(energyUsed => makeShare(alice, NOW_MS, { energyUsed })))
  for (const share of [...shares, ...shares]) miner.send(AI_MINING_SHARE, share)
  await until(() => pool.dump()['known'] === 3)
  assert.deepEqual([pool.list().length, pool.miners()[0]?.shares, kernel.incidents.counts.size], [3, 3, 0])
})

test('a forged share and false work are incidents of the peer that sent them; the stream goes on', async t => {
  const { pool, raw, stream, count } = await setUp(t)
  const share = await makeShare(alice, NOW_MS)
  stream.write(raw.message(AI_MINING_SHARE, { ...share, signature: Buffer.alloc(64, 3) }))
  stream.write(raw.message(AI_MINING_SHARE, { ...share, answerHash: Buffer.alloc(32) }))
  stream.write(raw.message(AI_MINING_SHARE, share))
  await until(() => pool.list().length === 1)
  assert.deepEqual([count('INVALID_SHARE'), pool.dump()['invalid'], count('HANDLER_FAILED')], [2, 2, 0])
})

test('a quality above 100 never reaches the pool', async t => {
  const { pool, raw, stream, count } = await setUp(t)
  const share = await makeShare(alice, NOW_MS)
  const bytes = Buffer.from(raw.message(AI_MINING_SHARE, share))
  const payload = bytes.subarray(60)
  // tag, four hashes with nonce and difficulty between them
  payload[4 + 32 * 4 + 16] = 101
  stream.write(raw.frame({ type: AI_MINING_SHARE.code, payload }))
  stream.write(raw.message(AI_MINING_SHARE, share))
  await until(() => pool.list().length === 1)
  assert.deepEqual([count('INVALID_VALUE'), pool.dump()['invalid']], [1, 0])
})

test('a peer above its budget is RATE_LIMITED', async t => {
  const { pool, raw, stream, count } = await setUp(t, { limits: { perPeer: { count: 4, perMs: 60_000 } } })
  for (const energyUsed of [0n, 1n, 2n, 3n]) stream.write(raw.message(AI_MINING_SHARE, await makeShare(alice, NOW_MS, { energyUsed })))
  await until(() => count('RATE_LIMITED') === 2)
  assert.equal(pool.list().length, 2)
})
