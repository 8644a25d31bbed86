import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { GOODBYE_REASON } from '../../protocols/index.ts'
import { createDialRecords } from '../../src/peers/manager/dial-records.ts'
import { makeRoom } from '../../src/peers/manager/make-room.ts'
import type { PlacedPeer } from '../../src/peers/manager/make-room.ts'
import { createKeyHash } from '../../src/peers/net/index.ts'
import { createAddressBook } from '../../src/peers/index.ts'
import { addressOf, candidate, createFake, others } from './fake-manager.ts'

const hash = createKeyHash(new Uint8Array(8).fill(7))
const placed = (count: number, more: (i: number) => Partial<PlacedPeer> = () => ({})): PlacedPeer[] => Array.from({ length: count }, (_, i) =>
  ({ id: `peer ${i}`, direction: 'inbound', group: `group ${i % 8}`, connectedAt: i, pingMs: undefined, lastBlockAt: undefined, lastTransactionAt: undefined, spared: false, ...more(i) }))
const limits = { min: 8, target: 25, max: 50 }

describe('inbound places', () => {
  it('are 35 of 50, however few outbound peers there are, and fewer when those are many', () => {
    assert.equal(makeRoom(placed(34), limits, hash), 'free')
    assert.notEqual(makeRoom(placed(35), limits, hash), 'free')
    const outbound = placed(20, i => ({ id: `out ${i}`, direction: 'outbound' }))
    assert.equal(makeRoom([...outbound, ...placed(29)], limits, hash), 'free')
    assert.notEqual(makeRoom([...outbound, ...placed(30)], limits, hash), 'free')
    assert.equal(makeRoom([], { min: 1, target: 1, max: 1 }, hash), 'free', 'one place at least')
  })
  it('are lost by the youngest of the largest group, and by nobody who is protected or the operator\'s', () => {
    assert.deepEqual(makeRoom(placed(35, i => ({ group: i < 20 ? 'crowd' : `own ${i}` })), limits, hash), { evict: 'peer 19' })
    assert.equal(makeRoom(placed(3), { min: 1, target: 6, max: 6 }, hash), 'free')
    assert.equal(makeRoom(placed(4, i => ({ group: `own ${i}` })), { min: 1, target: 6, max: 6 }, hash), 'full', 'four groups protect four')
    assert.equal(makeRoom(placed(35, i => ({ spared: i === 0 })), limits, hash), 'free', 'a spared peer holds none')
    const everybody = placed(60, () => ({ spared: true }))
    assert.equal(makeRoom(everybody, limits, hash), 'free')
  })
})

describe('plain libp2p peers', () => {
  it('count for nothing once they had time for a session, and are closed beyond sixteen, oldest first', async t => {
    const fake = createFake([candidate(40)], { min: 1, target: 2, max: 50 }, { ready: async () => Promise.reject(new Error('no session')) })
    t.after(() => { fake.manager.stop() })
    fake.manager.start()
    for (let at = 0; at < 20; at++) fake.join(at, 20 - at)
    await fake.pass(3000)
    assert.equal(fake.manager.peers().length, 20, 'too young to tell')
    assert.equal(fake.dials.length, 1, 'an outbound peer is wanted in any case')
    await fake.pass(15_000)
    assert.deepEqual(fake.manager.peers(), [])
    assert.equal(fake.needs.at(-1)?.emergency, true)
    assert.deepEqual(fake.parted.map(([peer]) => peer).sort(), [0, 1, 2, 3].map(at => String(others[at])).sort())
  })
})

describe('feelers', () => {
  const bookOf = (address: string) => {
    const book = createAddressBook({ store: { load: () => undefined, save: () => {} }, random: () => 0.5, randomBytes: n => new Uint8Array(n), publicOnly: false })
    book.add([{ address }], '/ip4/10.200.0.1/tcp/1', 1_800_000_000_000)
    return book
  }
  for (const isHere of [true, false]) {
    it(isHere ? 'leave the address of a connected caller alone' : 'test an address nobody connected listens on', async t => {
      const fake = createFake([], { min: 1, target: 1, max: 9 }, { book: bookOf(addressOf(5)), isHere: address => isHere && address === addressOf(5) })
      t.after(() => { fake.manager.stop() })
      fake.manager.start()
      fake.join(1, 0, 'outbound')
      await fake.pass(30_000)
      assert.equal(fake.dials.length > 0, !isHere)
    })
  }
})

describe('a full manager', () => {
  const few = { min: 1, target: 4, max: 4 }
  it('gives a newcomer the place of the least protected peer, which hears GOODBYE 7', async t => {
    const fake = createFake([], { ...few, max: 10 })
    t.after(() => { fake.manager.stop() })
    fake.manager.start()
    // seven places; four groups are protected, and the older one of the other three
    for (let at = 0; at < 7; at++) fake.join(at, 50_000 - at)
    assert.equal(fake.parted.length, 0)
    fake.join(7, 0)
    assert.equal(fake.parted.length, 1)
    const [who, reason] = fake.parted.at(0) ?? []
    assert.notEqual(who, String(others[7]), 'not the newcomer')
    assert.equal(reason, GOODBYE_REASON.tooManyPeers)
    fake.join(8, 0)
    assert.equal(new Set(fake.parted.map(([peer]) => peer)).size, 2, 'one who was told to go counts no more, and is not told twice')
    await turn()
  })
  it('refuses the newcomer when nobody may be evicted: protected, static and whitelisted peers stay', t => {
    const fake = createFake([candidate(0, 'operator:x')], few, { spared: ({ remotePeer }) => remotePeer.equals(others[1]) })
    t.after(() => { fake.manager.stop() })
    fake.manager.start()
    for (let at = 0; at < 4; at++) fake.join(at, 1000)
    assert.equal(fake.parted.length, 0, 'two hold no place')
    fake.join(4, 0)
    fake.join(5, 0)
    assert.deepEqual(fake.parted, [4, 5].map(at => [String(others[at]), GOODBYE_REASON.tooManyPeers]), 'protected by their groups, the two others stay')
    fake.join(6, 0, 'outbound')
    assert.equal(fake.parted.length, 2, 'whom we dial needs no place')
  })
  it('keeps static peers on top of max, and dials them for ever', async t => {
    const fake = createFake(Array.from({ length: 6 }, (_, at) => candidate(at, 'operator:x')), { ...few, target: 2, max: 3, minOutbound: 0, outboundShare: 0 })
    t.after(() => { fake.manager.stop() })
    for (let at = 0; at < 5; at++) fake.join(at, 120_000, 'outbound')
    for (let at = 6; at < 9; at++) fake.join(at, 10_000)
    fake.manager.start()
    assert.equal(fake.parted.length, 0, 'three beside five static ones are not above max')
    for (let tries = 0; tries < 12; tries++) {
      fake.dials.at(-1)?.done.reject(new Error('refused'))
      await fake.pass(301_000)
    }
    assert.ok(fake.dials.length > 12, `${fake.dials.length} dials`)
    assert.equal(new Set(fake.dials.flatMap(({ to }) => to)).size, 1)
    assert.deepEqual([fake.removed, fake.parted.filter(([peer]) => others.slice(0, 6).map(String).includes(peer))], [[], []])
  })
  it('dials one extra peer when the tip is stale, and the next ten minutes later', async t => {
    const fake = createFake(Array.from({ length: 8 }, (_, at) => candidate(at)), { min: 1, target: 2, max: 8, minOutbound: 1, sourceShare: 1000, outboundShare: 300 }, { staleTipMs: 10_000 })
    t.after(() => { fake.manager.stop() })
    fake.join(0, 120_000, 'outbound')
    fake.join(1, 120_000, 'outbound')
    fake.manager.start()
    await fake.pass(5000)
    assert.equal(fake.dials.length, 0)
    fake.manager.newBlock()
    await fake.pass(9000)
    assert.equal(fake.dials.length, 0, 'a block came')
    await fake.pass(2000)
    assert.equal(fake.dials.length, 1)
    fake.dials[0]?.done.reject(new Error('refused'))
    await fake.pass(590_000)
    assert.equal(fake.dials.length, 1)
    await fake.pass(10_000)
    assert.equal(fake.dials.length, 2)
  })
})

describe('dial records', () => {
  const fixed = (): number => 0
  it('of peers we dialled are not flushed by strangers, however many come', () => {
    const records = createDialRecords(fixed)
    records.tried('ours', 0)
    records.cool('ours', GOODBYE_REASON.chainIdMismatch, 0)
    for (let i = 0; i < 10_000; i++) {
      records.proved(`stranger ${i}`)
      records.cool(`stranger ${i}`, 'lost', 0)
    }
    assert.equal(records.get('ours').notBefore, 86_400_000)
    assert.deepEqual(records.dump(), { records: 1, strangers: 1024 })
    records.tried('stranger 9999', 1)
    assert.deepEqual([records.get('stranger 9999').failures, records.dump()], [1, { records: 2, strangers: 1023 }], 'what a stranger did counts once it is dialled')
  })
  it('say what may pass by itself', () => {
    const records = createDialRecords(fixed)
    const passes = (cause: Parameters<typeof records.cool>[1]): boolean => {
      records.cool(String(cause), cause, 0)
      return records.get(String(cause)).dialFailed
    }
    assert.deepEqual(['dial-failed', 'lost', GOODBYE_REASON.sessionFailed].map(cause => passes(cause as never)), [true, true, true])
    assert.deepEqual([GOODBYE_REASON.chainIdMismatch, GOODBYE_REASON.banned, GOODBYE_REASON.tooManyPeers].map(passes), [false, false, false])
  })
})

it('in an emergency a peer whose session failed is dialled again after 30 s, else after its minute', async t => {
  for (const { min, seconds } of [{ min: 1, seconds: 30 }, { min: 0, seconds: 60 }]) {
    const fake = createFake([candidate(0)], { min, target: 4, max: 8 })
    t.after(() => { fake.manager.stop() })
    fake.manager.start()
    fake.dials[0]?.done.resolve({ remotePeer: others[0], remoteAddr: { toString: () => '/ip4/10.0.0.1/tcp/2080' } })
    await turn()
    fake.manager.parted(String(others[0]), GOODBYE_REASON.sessionFailed)
    await fake.pass((seconds - 1) * 1000)
    assert.equal(fake.dials.length, 1)
    await fake.pass(2000)
    assert.equal(fake.dials.length, 2, `min ${min}`)
  }
})
