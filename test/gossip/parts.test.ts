import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { BLOCK_ANNOUNCE } from '../../protocols/blocks/messages.ts'
import { BACKOFF_LIMITS, clampBackoffs, contentId, createContentId, createGossipOptions, decodeGossipFrame, encodeGossipFrame, GOSSIP_LIMITS, ValidationQueue } from '../../src/gossip/index.ts'

const announce = { blockHash: new Uint8Array(32).fill(7), blockHeight: 5n, difficulty: 1_000n, aiMined: false, timestamp: 1_700_000_000_000n }
const frame = (): Buffer => Buffer.from(encodeGossipFrame(BLOCK_ANNOUNCE, announce))

/** A good frame with one thing changed. */
function changed (change: (bytes: Buffer) => void): Buffer {
  const bytes = frame()
  change(bytes)
  return bytes
}

test('two origins of one value send the same bytes, which decode to it', () => {
  assert.deepEqual(frame(), frame())
  assert.deepEqual(decodeGossipFrame(BLOCK_ANNOUNCE, frame()), announce)
})

for (const [what, code, bytes] of [
  ['wrong magic', 'WRONG_MAGIC', changed(b => { b[0] = 0 })],
  ['another version', 'INCOMPATIBLE_VERSION', changed(b => { b[4] = 2 })],
  ['another type', 'UNKNOWN_TYPE', changed(b => { b[6] = 0x30 })],
  ['a time', 'INVALID_MESSAGE', changed(b => { b[20] = 1 })],
  ['a sender', 'INVALID_MESSAGE', changed(b => { b[59] = 1 })],
  ['a damaged checksum', 'CORRUPT_MESSAGE', changed(b => { b[12] = (b[12] as number) ^ 1 })],
  ['a damaged payload', 'CORRUPT_MESSAGE', changed(b => { b[70] = (b[70] as number) ^ 1 })],
  ['a byte more than announced', 'TRAILING_BYTES', Buffer.concat([frame().subarray(0, -1), Buffer.alloc(1)]).fill(99, 8, 9)],
  ['a byte less than announced', 'TRUNCATED', frame().subarray(0, -1)],
  ['less than a header', 'TRUNCATED', frame().subarray(0, 59)],
  ['more than the type may be', 'MESSAGE_TOO_LARGE', Buffer.concat([frame(), Buffer.alloc(1)])]
] as const) {
  test(`a gossip frame with ${what} is refused with ${code}`, () => {
    if (what === 'a byte more than announced') bytes.writeUInt32LE(60, 8)
    assert.throws(() => decodeGossipFrame(BLOCK_ANNOUNCE, bytes), { code })
  })
}

test('no damage to a single byte of a frame goes unnoticed', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: frame().length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
    assert.throws(() => decodeGossipFrame(BLOCK_ANNOUNCE, changed(b => { b[at] = (b[at] as number) ^ flip })))
  }))
})

test('the message id is the first 20 bytes of SHA-256(topic, zero byte, frame), by all three functions alike', async () => {
  const { fastMsgIdFn, msgIdFn, msgIdToStrFn } = createContentId()
  await fc.assert(fc.asyncProperty(fc.string(), fc.uint8Array({ maxLength: 300 }), async (topic, data) => {
    const expected = createHash('sha256').update(`${topic}\0`).update(data).digest().subarray(0, 20)
    const unknown = await msgIdFn({ type: 'unsigned', topic, data })
    const fast = fastMsgIdFn({ topic, data })
    const known = await msgIdFn({ type: 'unsigned', topic, data })
    assert.deepEqual([Buffer.from(unknown), Buffer.from(known)], [expected, expected])
    assert.equal(msgIdToStrFn(known), fast)
    assert.equal(fast, contentId(topic, data))
  }))
})

test('a message that names an author is refused before it is stored, since StrictNoSign of the library lets it through', () => {
  assert.throws(() => createContentId().fastMsgIdFn({ topic: 't', data: new Uint8Array(1), from: new Uint8Array(34) }), { code: 'INVALID_MESSAGE' })
})

test('a verdict always comes before the message cache forgets the message', () => {
  const options = createGossipOptions({ network: 'devnet', topics: [] })
  assert.ok((options.mcacheLength as number) * GOSSIP_LIMITS.heartbeatMs > 5_000)
  assert.equal(options.asyncValidation, true)
})

test('only the known topics are carried, and nothing about a message names or floods its origin', () => {
  const options = createGossipOptions({ network: 'devnet', topics: [{ id: '/tos/{net}/a/1', expectedPerMinute: 1, message: { maxBytes: 10 } }] })
  assert.deepEqual(options.allowedTopics, ['/tos/devnet/a/1'])
  assert.deepEqual([options.globalSignaturePolicy, options.floodPublish, options.fallbackToFloodsub, options.doPX], ['StrictNoSign', false, false, false])
  assert.equal(options.scoreParams?.IPColocationFactorWhitelist?.has('127.0.0.1'), false)
  assert.equal(createGossipOptions({ network: 'devnet', topics: [], shareLoopback: true }).scoreParams?.IPColocationFactorWhitelist?.has('127.0.0.1'), true)
})

test('a PRUNE backoff is at most an hour, and two minutes once the peer is gone', () => {
  const table = new Map([['t', new Map([['here', 9e15], ['gone', 9e15], ['soon', 1_500]])]])
  clampBackoffs(table, peer => peer !== 'gone', 1_000)
  clampBackoffs(table, peer => peer !== 'gone', 1_500)
  assert.deepEqual([...table.get('t') as Map<string, number>], [['here', 1_000 + BACKOFF_LIMITS.connectedMs], ['gone', 1_000 + BACKOFF_LIMITS.departedMs], ['soon', 1_500]])
})

function queue (over: Partial<ConstructorParameters<typeof ValidationQueue<number>>[0]> = {}) {
  const drops: string[] = []
  const clock = { ms: 0 }
  const made = new ValidationQueue<number>({
    maxItems: 3, maxBytes: 100, concurrency: 2, perSource: 2, maxWaitMs: 50, drop: 'oldest', now: () => clock.ms, onDrop: (item, code) => { drops.push(`${item} ${code}`) }, ...over
  })
  return { made, drops, clock }
}

test('the queue drops by its rule, in items and in bytes, and counts every drop', () => {
  for (const [drop, expected] of [['oldest', ['1 BUSY', '2 BUSY', '3 BUSY', '4 BUSY']], ['newest', ['4 BUSY', '5 BUSY']]] as const) {
    const { made, drops } = queue({ drop })
    for (const item of [1, 2, 3, 4]) made.push('a', item, 10)
    made.push('a', 5, 95)
    assert.deepEqual(drops, expected)
  }
})

test('an item larger than the queue goes itself and pushes nothing out', () => {
  const { made, drops } = queue()
  made.push('a', 1, 10)
  made.push('a', 2, 101)
  assert.deepEqual(drops, ['2 BUSY'])
  assert.deepEqual(made.sizes, { waiting: 1, bytes: 10, running: 0 })
})

test('no more than the allowed number run at a time, in order of arrival', () => {
  const { made } = queue()
  for (const item of [1, 2, 3]) made.push('a', item, 1)
  assert.deepEqual([made.take(), made.take(), made.take()], [1, 2, undefined])
  made.release('a')
  assert.deepEqual([made.take(), made.take()], [3, undefined])
})

test('what waited too long is dropped with TIMEOUT instead of run', () => {
  const { made, drops, clock } = queue()
  made.push('a', 1, 1)
  clock.ms = 51
  made.push('a', 2, 1)
  assert.equal(made.take(), 2)
  assert.deepEqual(drops, ['1 TIMEOUT'])
})

test('sizes never exceed the bounds and return to zero, whatever is done', () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 120 }), fc.constantFrom('take', 'release', 'wait')), { maxLength: 200 }), steps => {
    const { made, drops, clock } = queue()
    let pushed = 0
    const running: number[] = []
    let taken = 0
    for (const step of steps) {
      if (typeof step === 'number') made.push(`${pushed % 3}`, pushed++, step)
      else if (step === 'wait') clock.ms += 30
      else if (step === 'take') {
        const item = made.take()
        if (item !== undefined) running.push(item)
        taken += item === undefined ? 0 : 1
      } else if (running.length > 0) made.release(`${running.shift() as number % 3}`)
      const { waiting, bytes } = made.sizes
      assert.ok(waiting <= 3 && bytes <= 100 && running.length <= 2)
      assert.equal(made.sizes.running, running.length)
      assert.equal(pushed, taken + waiting + drops.length, 'nothing is lost without a word')
    }
    made.clear()
    assert.deepEqual([made.sizes.waiting, made.sizes.bytes], [0, 0])
  }))
})

test('sources take turns, and one that never finishes holds no more than its share of the slots', () => {
  const { made } = queue({ maxItems: 100, concurrency: 4, perSource: 2 })
  for (const item of [1, 2, 3, 4, 5]) made.push('flood', item, 1)
  assert.deepEqual([made.take(), made.take(), made.take()], [1, 2, undefined])
  made.push('honest', 10, 1)
  made.push('other', 20, 1)
  assert.deepEqual([made.take(), made.take(), made.take()], [10, 20, undefined])
  made.release('honest')
  assert.equal(made.take(), undefined, 'a slot is free, but not for the flood')
  made.push('honest', 11, 1)
  made.release('flood')
  assert.deepEqual([made.take(), made.take()], [3, 11])
})

for (const drop of ['oldest', 'newest'] as const) {
  test(`with drop ${drop}, a full queue takes the place from who has the most of it, in items or in bytes`, () => {
    const { made, drops } = queue({ maxItems: 4, drop })
    for (const item of [1, 2, 3, 4]) made.push('flood', item, 1)
    made.push('honest', 10, 1)
    assert.deepEqual(drops, [drop === 'oldest' ? '1 BUSY' : '4 BUSY'])
    const large = queue({ maxItems: 100, drop })
    large.made.push('large', 1, 90)
    for (const item of [10, 11, 12]) large.made.push('honest', item, 5)
    assert.deepEqual(large.drops, ['1 BUSY'])
  })
}
