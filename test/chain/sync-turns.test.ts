import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPeerTable } from '../../src/chain/sync/peer-table.ts'
import { TosError } from '../../src/errors/index.ts'
import { never } from '../support/block-net.ts'
import { createTestLedger, extend } from '../support/chain-fixture.ts'
import { sameTip, setUp } from '../support/sync-world.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

test('who is asked next: never one that was asked lately before one that was not, else the highest claim', async () => {
  const clock = createVirtualClock()
  const table = createPeerTable(clock, { intervalMs: 10_000, askGapMs: 250, coolDownMs: 1, maxCoolDownMs: 1, maxPeers: 3 })
  for (const peer of ['loud', 'low', 'high', 'one too many']) table.add(peer)
  assert.equal(table.size, 3)
  table.want('loud', 1000n)
  assert.equal(table.choose(), 'loud')
  await clock.advance(300)
  table.want('loud', 2000n)
  table.want('high', 7n)
  assert.deepEqual([table.choose(), table.choose(), table.choose(), table.choose()], ['high', 'low', 'loud', undefined])
})

test('a peer whose clock disagrees with ours is put aside without a charge; one that does not answer is charged', async () => {
  for (const [code, expected] of [['CLOCK_SKEW', []], ['TIMEOUT', ['a TIMEOUT']]] as const) {
    const { clock, net, source, sync, charged } = await setUp()
    await extend(source, 1)
    net.join('a', source, () => Promise.reject(new TosError(code, 'no answer')))
    sync.addPeer('a')
    await clock.until(sync.idle())
    assert.deepEqual([charged, sync.dump()['failures']], [expected, 1])
    await sync.stop()
  }
})

test('a missed announcement is found at the next interval, an announced one at once', async () => {
  const { clock, net, source, ledger, sync } = await setUp({ intervalMs: 10_000 })
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  await extend(source, 2)
  await clock.advance(10_000)
  sameTip(ledger, source)
  await extend(source, 2)
  await clock.advance(250)
  sync.want('a', 4n)
  await clock.until(sync.idle())
  sameTip(ledger, source)
})

test('a call that comes while its peer is being asked is not lost', async () => {
  const { clock, net, source, ledger, sync } = await setUp({ intervalMs: 1e9 })
  let late: Promise<unknown> | undefined
  net.join('a', source, async (_, honest) => {
    const answer = await honest()
    late ??= extend(source, 3).then(() => { sync.want('a', 3n) })
    await late
    return answer
  })
  sync.addPeer('a')
  await clock.advance(1000)
  sameTip(ledger, source)
})

test('a peer that calls for attention all the time does not keep another from its turn', async () => {
  const { clock, net, source, ledger, sync } = await setUp()
  const empty = await createTestLedger(clock)
  await extend(source, 5)
  net.join('loud', empty, async (_, honest) => {
    sync.want('loud', 1_000_000n)
    return honest()
  })
  net.join('quiet', source)
  sync.addPeer('loud')
  await clock.advance(1000)
  sync.addPeer('quiet')
  await clock.advance(1000)
  sameTip(ledger, source)
  assert.ok((net.asked.get('loud')?.filter(({ query }) => query.type === 'tips').length as number) <= 9, 'at most one question per 250 ms')
  await sync.stop()
  assert.equal(clock.pending, 0)
})

test('after its cool-down a peer that failed is asked again, and one good run clears it', async () => {
  const { clock, net, source, ledger, sync } = await setUp({ coolDownMs: 30_000, intervalMs: 10_000 })
  await extend(source, 3)
  let broken = true
  net.join('a', source, (_, honest) => broken ? Promise.reject(new TosError('STREAM_CLOSED', 'gone')) : honest())
  sync.addPeer('a')
  await clock.until(sync.idle())
  broken = false
  await clock.advance(20_000)
  assert.equal(ledger.tip().height, 0n)
  await clock.advance(20_000)
  sameTip(ledger, source)
})

test('a fault of the own ledger blames nobody and is tried again', async () => {
  const { clock, net, source, ledger, sync, charged, errors } = await setUp()
  await extend(source, 3)
  const add = ledger.add
  ledger.add = () => Promise.reject(new TosError('STORE_READ_ONLY', 'disk full'))
  net.join('a', source)
  sync.addPeer('a')
  await clock.until(sync.idle())
  assert.deepEqual([charged, errors.length], [[], 1])
  ledger.add = add
  await clock.advance(10_000)
  sameTip(ledger, source)
})

test('stop ends a run that waits for a silent peer, and leaves no timer', async () => {
  const { clock, net, source, sync } = await setUp()
  await extend(source, 1)
  net.join('a', source, () => never())
  sync.addPeer('a')
  await clock.advance(1)
  await sync.stop()
  assert.equal(clock.pending, 0)
})
