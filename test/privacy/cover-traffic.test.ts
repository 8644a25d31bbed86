import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { transactionId } from '../../src/chain/index.ts'
import { COVER } from '../../src/gossip/stem/index.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { until } from '../support/until.ts'
import { createStemNet, link, signed } from './stem-net.ts'

const net = createStemNet()
after(() => net.stop())

test('with strong cover a transaction leaves in the place of a cell, and cells bother nobody', { timeout: 60_000 }, async () => {
  // the first draws decide that this node does not fluff; then the pauses follow
  const from = await net.start({ coverTraffic: 'strong', random: seededRandom(11) })
  const to = await net.start()
  const incidents: string[] = []
  to.node.tos.kernel.incidents.listen(({ code, protocol }) => { if (protocol.includes('tx-stem') || protocol === 'chain') incidents.push(code) })
  await link(from, to)
  const streams = (): number => to.node.services.txStem.dump()['streams'] ?? 0
  assert.equal(streams(), 0)

  for (let round = 0; round < 20 && streams() === 0; round++) await from.clock.advance(COVER.strong.meanMs)
  await until(() => streams() === 1)
  const data = signed(from, 2)
  await from.node.tos.submit(data)
  // no cell, no transaction: that clock stands still
  await from.node.services.tosPing.request(to.node.peerId, { userAgent: 'x', services: 0n, timestamp: 0n })
  assert.equal(to.clock.pending, 0)
  for (let round = 0; round < 20 && to.clock.pending === 0; round++) {
    await from.clock.advance(COVER.strong.meanMs / 4)
    // what has been sent on the link before the answer has been read before it
    await from.node.services.tosPing.request(to.node.peerId, { userAgent: 'x', services: 0n, timestamp: 0n })
  }
  assert.ok(to.clock.pending > 0)
  assert.ok(!from.node.tos.mempool.has(transactionId(data)) && !to.node.tos.mempool.has(transactionId(data)))
  assert.deepEqual([incidents, streams()], [[], 1])
})

test('without cover traffic no stem stream is opened before there is a transaction', { timeout: 60_000 }, async () => {
  const [from, to] = [await net.start(), await net.start()]
  await link(from, to)
  await from.clock.advance(600_000)
  assert.equal(from.clock.pending, 0)
  assert.equal(to.node.services.txStem.dump()['streams'], 0)
})
