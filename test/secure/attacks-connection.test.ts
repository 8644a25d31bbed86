import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TosError } from '../../src/errors/index.ts'
import { REKEY_LIMITS } from '../../src/secure/rekey-limits.ts'
import { expire, heldPair } from '../support/held-pair.ts'
import type { HeldPair } from '../support/held-pair.ts'
import { until } from '../support/until.ts'

async function session (options: Parameters<typeof heldPair>[0] = {}): Promise<HeldPair> {
  const pair = await heldPair(options)
  pair.listener.held.begin()
  pair.dialler.held.begin()
  await Promise.all([pair.dialler.held.ready(), pair.listener.held.ready()])
  return pair
}
const epochs = ({ dialler, listener }: HeldPair): Array<number | undefined> => [dialler, listener].map(({ held }) => held.info()?.epoch)
const rekey = async (pair: HeldPair, epoch: number): Promise<void> => {
  pair.dialler.held.rekey()
  await until(() => epochs(pair).every(reached => reached === epoch))
}
const over = new TosError('STREAM_CLOSED', 'the connection closed')

test('our own node id at the other end is refused before any key is made, and stays refused', async () => {
  const { dialler, listener, pair } = await heldPair({ sameIdentity: true })
  dialler.held.begin()
  listener.held.begin()
  assert.deepEqual([dialler.refused, listener.refused], [['DUPLICATE_NODE_ID'], ['DUPLICATE_NODE_ID']])
  // until the connection is gone it may try by hand
  const [near, far] = await pair()
  let done = 0
  listener.held.answer(far, () => { done++ })
  await until(() => near.status !== 'open')
  await assert.rejects(listener.held.ready(), { code: 'DUPLICATE_NODE_ID' })
  assert.equal(done, 1)
})

test('a connection is refused once, however many things go wrong on it', async () => {
  const pair = await session()
  pair.listener.held.answer = () => {}
  pair.dialler.held.rekey()
  await until(() => pair.dialler.timers.size > 1)
  expire(pair.dialler)
  pair.dialler.held.refuse(new TosError('SEAL_BROKEN', 'and then'))
  assert.deepEqual(pair.dialler.refused, ['HANDSHAKE_TIMEOUT'])
})

test('a connection that closes in the middle of a handshake is nobody’s offence', async () => {
  for (const again of [false, true]) {
    const pair = again ? await session() : await heldPair()
    pair.listener.held.answer = () => {}
    const asked = Promise.withResolvers<void>()
    pair.dialler.beforeStream = async () => { asked.resolve() }
    if (again) pair.dialler.held.rekey()
    else pair.dialler.held.begin()
    await asked.promise
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    pair.dialler.held.close(over)
    assert.deepEqual(pair.dialler.refused, [], again ? 'fresh keys' : 'the first')
  }
})

test('a handshake whose stream opens after the end is not begun, and leaves no keys and no timers', async () => {
  const pair = await heldPair()
  const gate = Promise.withResolvers<void>()
  pair.dialler.beforeStream = () => gate.promise
  pair.dialler.held.begin()
  pair.dialler.held.close(over)
  gate.resolve()
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(pair.dialler.held.info(), undefined)
  assert.deepEqual([pair.dialler.timers.size, pair.dialler.held.epochs], [0, 0])
})

test('a sealed stream waits 5 s for its session and no longer, though a handshake begins meanwhile', async () => {
  const pair = await heldPair()
  pair.listener.held.begin()
  const [stream] = await pair.pair()
  let failed: string | undefined
  Promise.resolve(pair.listener.held.codec(stream)).catch((error: TosError) => { failed = error.code })
  const first = [...pair.listener.timers.keys()]
  // just before the time is up the peer opens a session stream, and stays silent
  pair.listener.held.answer((await pair.pair())[1], () => {})
  const running = first.filter(run => pair.listener.timers.has(run))
  for (const run of running) run()
  await new Promise(setImmediate)
  assert.notEqual(failed, undefined, 'the wait began anew')
  assert.equal(pair.listener.held.waiting, 0)
})

test('255 exchanges on one connection, then the peers must connect anew', async () => {
  const pair = await session()
  for (let epoch = 1; epoch <= 255; epoch++) await rekey(pair, epoch)
  pair.dialler.held.rekey()
  assert.deepEqual([pair.dialler.refused, pair.listener.refused], [['SESSION_EXHAUSTED'], []])
  pair.listener.held.answer((await pair.pair())[1], () => {})
  assert.deepEqual(pair.listener.refused, ['HANDSHAKE_FAILED'])
})

test('a dialler that exchanges keys without end does not make the listener keep them all', async () => {
  const pair = await session()
  for (let epoch = 1; epoch <= 40; epoch++) await rekey(pair, epoch)
  assert.ok(pair.listener.held.epochs <= 16, `${pair.listener.held.epochs} epochs are held`)
})

test('the keys of a replaced epoch are dropped after a minute, and all of them with the connection', async () => {
  const pair = await session()
  await rekey(pair, 1)
  assert.equal(pair.listener.held.epochs, 2)
  expire(pair.listener, REKEY_LIMITS.drainMs)
  assert.equal(pair.listener.held.epochs, 1)
  for (const { held, timers } of [pair.dialler, pair.listener]) {
    held.close(over)
    assert.deepEqual([held.epochs, timers.size], [0, 0])
    assert.throws(() => held.export('x', new Uint8Array(0), 16), { code: 'NO_SESSION' })
  }
})

test('a listener whose dialler never brings fresh keys hangs up at twice their age', async () => {
  const pair = await session()
  assert.deepEqual([...pair.listener.timers.values()], [2 * REKEY_LIMITS.ageMs])
  expire(pair.listener, 2 * REKEY_LIMITS.ageMs)
  await new Promise(setImmediate)
  assert.deepEqual(pair.listener.refused, ['SESSION_EXHAUSTED'])
})
