import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDatastore } from 'datastore-core'
import * as fc from '../support/fast-check.ts'
import { Key } from 'interface-datastore'
import type { Batch } from 'interface-datastore'
import type { TosError } from '../../src/errors/index.ts'
import { createPendingGate, createWriteBackDatastore, isLoopback, sourceOf } from '../../src/node/transport/index.ts'

const bytes = (n: number): Uint8Array => Uint8Array.of(n)
const peer = (n: number): Key => new Key(`/peers/${n}`)

async function count (items: AsyncIterable<unknown> | Iterable<unknown>): Promise<number> {
  let found = 0
  for await (const _item of items) found++
  return found
}

/** A store that counts its batches and can be made to fail. */
class Disk extends MemoryDatastore {
  commits = 0
  broken = false

  override batch (): Batch {
    const batch = super.batch()
    return {
      put: (key, value) => { batch.put(key, value) },
      delete: key => { batch.delete(key) },
      commit: async options => {
        if (this.broken) throw new Error('disk full')
        this.commits++
        await batch.commit(options)
      }
    }
  }
}

function store (over: Partial<Parameters<typeof createWriteBackDatastore>[1]> = {}) {
  const disk = new Disk()
  const errors: TosError[] = []
  // a flush only when the test says so
  const made = createWriteBackDatastore(disk, { flushMs: 3_600_000, onError: error => { errors.push(error) }, ...over })
  return { disk, errors, made }
}

test('many changes of a record reach the disk as one write, and other keys go straight through', async () => {
  const { disk, made } = store()
  for (let i = 0; i < 100; i++) await made.put(peer(1), bytes(i))
  await made.put(new Key('/dht/x'), bytes(1))
  assert.equal(disk.has(peer(1)), false)
  assert.equal(disk.has(new Key('/dht/x')), true)
  assert.deepEqual(await made.get(peer(1)), bytes(99))
  await made.close()
  assert.deepEqual([disk.commits, disk.get(peer(1))], [1, bytes(99)])
})

test('it answers like a plain store, whatever is done in whatever order', async () => {
  const step = fc.record({ what: fc.constantFrom('put', 'delete', 'get', 'has', 'query', 'flush'), key: fc.integer({ min: 0, max: 4 }), value: fc.integer({ min: 0, max: 255 }) })
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
    const { made } = store({ maxEntries: 2 })
    const model = new Map<string, Uint8Array>()
    for (const { what, key, value } of steps) {
      const name = peer(key).toString()
      if (what === 'put') { await made.put(peer(key), bytes(value)); model.set(name, bytes(value)) }
      if (what === 'delete') { await made.delete(peer(key)); model.delete(name) }
      if (what === 'get') assert.deepEqual(await Promise.resolve(made.get(peer(key))).catch((error: Error) => error.name), model.get(name) ?? 'NotFoundError')
      if (what === 'has') assert.equal(await made.has(peer(key)), model.has(name))
      if (what === 'query') assert.equal(await count(made.query({ prefix: '/peers/' })), model.size)
      if (what === 'flush') await made.flush()
      assert.ok(made.sizes.held <= 2 && made.sizes.dirty <= 2)
    }
    await made.close()
  }))
})

test('a failed flush is told, loses nothing, and the next one writes', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { disk, errors, made } = store({ flushMs: 1_000 })
  disk.broken = true
  await made.put(peer(1), bytes(7))
  t.mock.timers.tick(1_000)
  await new Promise(setImmediate)
  assert.deepEqual(errors.map(({ code, details }) => [code, details]), [['DATA_DIR_UNREADABLE', { records: 1 }]])
  await assert.rejects(made.flush(), { code: 'DATA_DIR_UNREADABLE' })
  disk.broken = false
  t.mock.timers.tick(1_000)
  await new Promise(setImmediate)
  assert.deepEqual([disk.get(peer(1)), made.sizes.dirty], [bytes(7), 0])
})

test('while the disk fails, a change beyond the bound is refused instead of kept', async () => {
  const { disk, made } = store({ maxEntries: 2 })
  disk.broken = true
  await made.put(peer(1), bytes(1))
  await made.put(peer(2), bytes(1))
  await made.put(peer(1), bytes(2))
  await assert.rejects(async () => made.put(peer(3), bytes(1)), { code: 'DATA_DIR_UNREADABLE' })
  await assert.rejects(made.close(), { code: 'DATA_DIR_UNREADABLE' })
})

for (const [host, source] of [
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::', 'fe80:0:0:0::/64']
] as const) {
  test(`${host} counts as ${source}`, () => { assert.equal(sourceOf(host), source) })
}

test('this machine is known in every spelling', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1']) assert.equal(isLoopback(host), true, host)
  for (const host of ['128.0.0.1', '10.0.0.1', '::2', '::ffff:10.0.0.1', '2001:db8::127']) assert.equal(isLoopback(host), false, host)
})

test('a source holds at most its slots, exempt ones any number, and all are given back', () => {
  const gate = createPendingGate({ maxPerHost: 2, maxHosts: 2, exempt: isLoopback })
  assert.deepEqual(['1.1.1.1', '::ffff:1.1.1.1', '1.1.1.1', '2.2.2.2', '3.3.3.3'].map(host => gate.enter(host)), [true, true, false, true, false])
  for (let i = 0; i < 100; i++) assert.equal(gate.enter('127.0.0.1'), true)
  assert.deepEqual(gate.sizes, { hosts: 2, refused: 2 })
  gate.leave('1.1.1.1')
  assert.equal(gate.enter('1.1.1.1'), true)
  for (const host of ['1.1.1.1', '1.1.1.1', '2.2.2.2', '9.9.9.9', '127.0.0.1']) gate.leave(host)
  assert.equal(gate.sizes.hosts, 0)
})
