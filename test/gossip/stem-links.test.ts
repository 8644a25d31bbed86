import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TX_ANNOUNCE, TX_STEM_BODY } from '../../protocols/index.ts'
import type { TxAnnounce, TxData, TxResponse } from '../../protocols/index.ts'
import { TosError } from '../../src/errors/index.ts'
import { COVER, createCover, createStemLinks, createStemPairs, STEM } from '../../src/gossip/stem/index.ts'
import type { Paired } from '../../src/gossip/stem/index.ts'
import { decodePayload, encodePayload } from '../../src/protocol/index.ts'
import type { MessageType, Typed } from '../../src/protocol/index.ts'
import { paddedSize } from '../../src/secure/padding.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

type Message = Typed<TxAnnounce | TxResponse>

const announce = (name: number): TxAnnounce => ({ txHash: new Uint8Array(32).fill(name), fee: 1n, priority: 0, privacyLevel: 2, energyUsed: 0n })
const body = (name: number, more: Partial<TxData> = {}): TxData => ({ txHash: new Uint8Array(32).fill(name), data: new Uint8Array(300).fill(name), proof: null, ...more })
const announced = (name: number): Message => ({ type: TX_ANNOUNCE, value: announce(name) })
const response = (transactions: TxData[], notFound: Uint8Array[] = []): Message => ({ type: TX_STEM_BODY, value: { requestId: 0n, transactions, notFound } })

/** A link to one peer: what it writes goes through its codec and the other end's pairing. */
function wire (paced: boolean): { links: ReturnType<typeof createStemLinks>, arrived: Paired[], sizes: number[], opened: string[], broken: Set<string> } {
  const arrived: Paired[] = []
  const sizes: number[] = []
  const opened: string[] = []
  const broken = new Set<string>()
  const pairs = createStemPairs()
  const links = createStemLinks({
    paced,
    async open (peer) {
      opened.push(peer)
      return {
        send<T extends TxAnnounce | TxResponse>(type: MessageType<T>, value: T) {
          if (broken.has(peer)) throw new TosError('STREAM_CLOSED', 'gone')
          const payload = encodePayload(type, value)
          sizes.push(paddedSize(payload.length, type.privacy))
          const paired = pairs.take({ type: type as MessageType<TxAnnounce | TxResponse>, value: decodePayload(type, payload) })
          if (paired !== undefined) arrived.push(paired)
        },
        async close () {}
      }
    }
  })
  return { links, arrived, sizes, opened, broken }
}

test('announcement and body become one transaction, also when two streams of a connection take turns', () => {
  const pairs = createStemPairs()
  assert.equal(pairs.take(announced(1)), undefined)
  assert.equal(pairs.take(announced(2)), undefined)
  assert.deepEqual(pairs.take(response([body(1)])), { announce: announce(1), data: new Uint8Array(300).fill(1) })
  assert.deepEqual(pairs.take(response([body(2)])), { announce: announce(2), data: new Uint8Array(300).fill(2) })
})

for (const [what, message] of Object.entries({
  'a body nobody announced': response([body(2)]),
  'two at once': response([body(1), body(1)]),
  'a proof': response([body(1, { proof: { blockHash: Buffer.alloc(32), blockHeight: 0n, index: 0, siblings: [] } })]),
  'something that is not there': response([body(1)], [Buffer.alloc(32)]),
  'an answer to no question': response([], [Buffer.alloc(32)])
})) test(`a stem refuses ${what}`, () => {
  const pairs = createStemPairs()
  pairs.take(announced(1))
  assert.throws(() => pairs.take(message), { code: 'INVALID_MESSAGE' })
})

test('announcements without bodies are bounded', () => {
  const pairs = createStemPairs()
  for (let name = 1; name <= STEM.announced; name++) pairs.take(announced(name))
  assert.throws(() => pairs.take(announced(99)), { code: 'INVALID_MESSAGE' })
})

test('a cell is 1,024 bytes, has the sizes of a small transaction, and arrives as nothing', async () => {
  const { links, arrived, sizes, opened } = wire(false)
  await links.cell('a')
  await links.send('a', announce(1), new Uint8Array(300).fill(1))
  assert.deepEqual(sizes, [512, 512, 512, 512])
  assert.deepEqual(arrived, [{ announce: announce(1), data: new Uint8Array(300).fill(1) }])
  assert.deepEqual(opened, ['a'])
})

test('without pacing a transaction leaves at once, with pacing in the place of the next cell of its link', async () => {
  const { links, arrived, sizes } = wire(true)
  const sent = links.send('a', announce(1), new Uint8Array(300).fill(1))
  await links.cell('b')
  assert.deepEqual([arrived.length, sizes.length], [0, 2])
  await links.cell('a')
  await sent
  assert.deepEqual([arrived.length, sizes.length], [1, 4])
  await links.cell('a')
  assert.deepEqual([arrived.length, sizes.length], [1, 6])
})

test('what waits on a link is bounded, and fails when the peer leaves', async () => {
  const { links } = wire(true)
  const sent = Array.from({ length: STEM.waiting }, () => assert.rejects(links.send('a', announce(1), Buffer.alloc(1)), { code: 'STREAM_CLOSED' }))
  await assert.rejects(links.send('a', announce(1), Buffer.alloc(1)), { code: 'BUSY' })
  links.left('a')
  await Promise.all(sent)
})

test('a stream that broke is opened anew the next time', async () => {
  const { links, opened, broken } = wire(false)
  await links.cell('a')
  broken.add('a')
  await assert.rejects(links.cell('a'), { code: 'STREAM_CLOSED' })
  broken.clear()
  await links.cell('a')
  assert.deepEqual(opened, ['a', 'a'])
})

for (const kind of ['light', 'strong'] as const) test(`${kind} cover: one cell per link at exponential pauses of ${COVER[kind].meanMs / 1000} s on average`, async () => {
  const clock = createVirtualClock(0)
  const cells = new Map<string, number[]>()
  let links = ['a', 'b', 'c']
  const cover = createCover({ clock, random: seededRandom(5), meanMs: COVER[kind].meanMs, links: () => links, cell: peer => { cells.set(peer, [...cells.get(peer) ?? [], clock.now()]) } })
  cover.start()
  await clock.advance(300 * COVER[kind].meanMs)
  links = ['a']
  await clock.advance(300 * COVER[kind].meanMs)
  cover.stop()
  assert.equal(clock.pending, 0)
  for (const [peer, rounds] of [['a', 600], ['b', 300], ['c', 300]] as const) {
    const times = cells.get(peer) ?? []
    assert.ok(Math.abs(times.length - rounds) < 4 * Math.sqrt(rounds), `${peer}: ${times.length}`)
    const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
    const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length
    const deviation = Math.sqrt(pauses.reduce((sum, pause) => sum + (pause - mean) ** 2, 0) / pauses.length)
    assert.ok(Math.abs(deviation / mean - 1) < 0.25, `${peer}: deviation ${deviation} of ${mean}`)
  }
})
