import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerRecord } from '../../protocols/peer-exchange/messages.ts'
import { SERVICE } from '../../protocols/services.ts'
import { createCandidates, createPeerExchangePolicy, SOURCES } from '../../src/discovery/index.ts'
import type { Hint, KnownPeer, PeerExchangeOptions, PeerExchangePolicy, Refusals } from '../../src/discovery/index.ts'
import { nodeIdToPeerId } from '../../src/protocol/index.ts'

const NOW = 1_800_000_000_000
const nodeId = (n: number): Uint8Array => {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, n)
  return id
}
const peerOf = (n: number): string => nodeIdToPeerId(nodeId(n)).toString()
const context = (n: number): { peer: ReturnType<typeof nodeIdToPeerId> } => ({ peer: nodeIdToPeerId(nodeId(n)) })
const record = (n: number, given: Partial<PeerRecord> = {}): PeerRecord => ({ nodeId: nodeId(n), ip: `8.8.${n >> 8 & 255}.${n & 255}`, port: 2080, nodeType: 0, services: SERVICE.shareable, lastSeen: BigInt(NOW / 1000), ...given })
const records = (count: number, first = 0): PeerRecord[] => Array.from({ length: count }, (_, i) => record(first + i))
const known = (n: number, given: Partial<KnownPeer> = {}): KnownPeer => ({ peer: peerOf(n), addresses: [`/ip4/8.8.8.${n}/tcp/2080`], nodeType: 0, services: SERVICE.shareable, lastSeen: NOW, ...given })

interface Harness { readonly policy: PeerExchangePolicy, readonly time: { now: number }, readonly hints: Hint[], readonly refusals: Refusals[] }

function create (options: Partial<PeerExchangeOptions> = {}): Harness {
  const time = { now: NOW }
  const hints: Hint[] = []
  const refusals: Refusals[] = []
  const policy = createPeerExchangePolicy({ self: peerOf(9999), publicOnly: true, clock: () => time.now, sample: () => [], told: (_origin, more, refused) => { hints.push(...more); refusals.push(refused) }, ...options })
  return { policy, time, hints, refusals }
}

test('unsolicited records are taken at 0.1 a second, at most 16 saved up; an answer is worth 16', () => {
  const { policy, time, hints, refusals } = create()
  const told = (): number => hints.splice(0).length
  policy.received(records(16), context(1))
  assert.deepEqual([told(), refusals.at(-1)], [1, { RATE_LIMITED: 15 }])
  policy.received(records(16), context(1))
  assert.equal(told(), 0)
  time.now += 30_000
  policy.received(records(16), context(1))
  assert.equal(told(), 3)
  time.now += 86_400_000
  policy.received(records(16), context(1))
  policy.received(records(16), context(1))
  assert.equal(told(), 16)
  policy.answered(peerOf(1), records(16))
  assert.equal(told(), 16, 'a solicited answer is taken whole')
  policy.received(records(16), context(1))
  assert.equal(told(), 0)
  policy.received(records(16), context(2))
  assert.equal(told(), 1, 'another peer has a budget of its own')
})

test('an answer of more than 16 records is cut, and a clock set back earns nothing', () => {
  const { policy, time, hints } = create()
  policy.answered(peerOf(1), records(40))
  assert.equal(hints.length, 16)
  policy.received(records(1), context(1))
  assert.equal(hints.length, 17)
  const old = Array.from({ length: 16 }, (_, i) => record(i, { lastSeen: 0n }))
  time.now -= 3_600_000
  policy.received(old, context(1))
  time.now += 3_600_000
  policy.received(old, context(1))
  assert.equal(hints.length, 17)
})

test('a record is a hint with the id, address and claims it names; reserved bits mean nothing', () => {
  const { policy, hints } = create()
  policy.answered(peerOf(1), [record(7, { ip: '2606:4700::1111', nodeType: 3, services: SERVICE.shareable | 1n << 20n | 1n << 40n, lastSeen: BigInt(NOW / 1000) + 200n })])
  assert.deepEqual(hints, [{ peer: peerOf(7), addresses: ['/ip6/2606:4700::1111/tcp/2080'], nodeType: 3, services: SERVICE.shareable | 1n << 40n, seenAt: NOW }])
})

test('a record that cannot be true is refused with its code', () => {
  const table: [Partial<PeerRecord>, string][] = [
    [{ port: 0 }, 'INVALID_VALUE'], [{ ip: '08.8.8.8' }, 'INVALID_VALUE'], [{ ip: '2606:4700:0::1' }, 'INVALID_VALUE'], [{ ip: 'example.org' }, 'INVALID_VALUE'],
    [{ ip: '10.0.0.1' }, 'ADDRESS_NOT_PUBLIC'], [{ ip: '127.0.0.1' }, 'ADDRESS_NOT_PUBLIC'], [{ ip: 'fe80::1' }, 'ADDRESS_NOT_PUBLIC'], [{ ip: '::ffff:a00:1' }, 'ADDRESS_NOT_PUBLIC'],
    [{ ip: '224.0.0.1' }, 'ADDRESS_UNUSABLE'], [{ ip: '0.0.0.0' }, 'ADDRESS_UNUSABLE'], [{ ip: 'ff02::1' }, 'ADDRESS_UNUSABLE'],
    [{ nodeId: new Uint8Array(31) }, 'INVALID_VALUE'],
    [{ lastSeen: BigInt(NOW / 1000) + 301n }, 'CLOCK_SKEW'], [{ lastSeen: 2n ** 64n - 1n }, 'CLOCK_SKEW']
  ]
  for (const [given, code] of table) {
    const { policy, hints, refusals } = create()
    policy.answered(peerOf(1), [record(7, given), record(8)])
    assert.deepEqual([hints.map(({ peer }) => peer), refusals], [[peerOf(8)], [{ [code]: 1 }]], JSON.stringify(given, (_key, value) => typeof value === 'bigint' ? String(value) : value))
  }
  const { policy, hints } = create({ publicOnly: false })
  policy.answered(peerOf(1), [record(7, { ip: '127.0.0.1' }), record(9999)])
  assert.deepEqual(hints.map(({ peer }) => peer), [peerOf(7)], 'loopback is fine on a devnet; we ourselves never are')
})

test('an answer names at most as many shareable peers as asked for, 16 at most, with public addresses, and neither us nor the asker', () => {
  const book = [
    known(1), known(2, { services: 0n }), known(3, { addresses: ['/ip4/10.0.0.1/tcp/1', '/ip4/8.8.4.4/tcp/7'] }), known(4, { addresses: ['/ip4/127.0.0.1/tcp/1', '/dns4/a.org/tcp/1', '/ip4/8.8.8.8/tcp/1/ws'] }),
    known(5, { addresses: ['/ip6/2606:4700::1111/udp/9/quic-v1'], lastSeen: NOW + 999 }), known(6), known(9999), ...Array.from({ length: 25 }, (_, i) => known(20 + i))
  ]
  const { policy } = create({ sample: () => book })
  const answer = policy.sample(16, context(6))
  assert.equal(answer.length, 16)
  assert.deepEqual(answer.slice(0, 3).map(({ nodeId, ip, port, lastSeen }) => [nodeIdToPeerId(nodeId).toString(), ip, port, lastSeen]), [
    [peerOf(1), '8.8.8.1', 2080, BigInt(NOW / 1000)], [peerOf(3), '8.8.4.4', 7, BigInt(NOW / 1000)], [peerOf(5), '2606:4700::1111', 9, BigInt(NOW / 1000)]
  ])
  assert.equal(policy.sample(2, context(6)).length, 2)
  assert.equal(policy.sample(1000, context(6)).length, 16)
  for (const { nodeId } of answer) assert.ok(![peerOf(2), peerOf(4), peerOf(6), peerOf(9999)].includes(nodeIdToPeerId(nodeId).toString()))
})

test('asking again within ten minutes gives the same answer: the book cannot be read out', () => {
  let draws = 0
  const { policy, time } = create({ sample: () => Array.from({ length: 9 }, (_, i) => known(i + 20 * draws)).slice(0, draws++ === 0 ? 9 : 8) })
  const first = policy.sample(16, context(1))
  for (let i = 0; i < 100; i++) assert.deepEqual(policy.sample(16, context(1)), first)
  assert.equal(draws, 1)
  time.now += 600_000
  assert.notDeepEqual(policy.sample(16, context(1)), first)
})

test('a short answer grows to eight as we learn of more, and keeps what it said', () => {
  const book = [known(1)]
  const { policy, time } = create({ sample: max => book.toReversed().slice(0, max) })
  const [first] = policy.sample(16, context(99))
  for (let n = 2; n <= 40; n++) book.push(known(n))
  const second = policy.sample(16, context(99))
  assert.equal(second.length, 8)
  assert.deepEqual(second[0], first)
  assert.equal(new Set(second.map(({ nodeId: id }) => id.join())).size, 8, 'nobody twice')
  for (let n = 41; n <= 80; n++) book.push(known(n))
  assert.deepEqual(policy.sample(16, context(99)), second)
  assert.equal(policy.sample(16, context(98)).length, 16, 'a first answer may be longer')
  time.now += 600_000
  assert.equal(policy.sample(16, context(99)).length, 16)
})

test('PEX poisoning: a million records of 100 peers in ten minutes leave budgets, candidates and the share of the honest intact', () => {
  const time = { now: NOW }
  const candidates = createCandidates({ self: 'me', clock: { now: () => time.now } })
  for (let i = 0; i < 100; i++) candidates.add('book', { peer: `honest${i}`, addresses: [`/ip4/9.9.9.${i}/tcp/1`] })
  let taken = 0
  const { policy } = create({ clock: () => time.now, told: (origin, hints, refused) => { taken += hints.length; candidates.refused(origin, refused); for (const hint of hints) candidates.add(origin, hint) } })
  const lists = Array.from({ length: 500 }, (_, i) => records(16, i * 16))
  const liars = Array.from({ length: 100 }, (_, i) => context(i))
  for (let round = 0; round < 625; round++) {
    time.now += 960
    for (const [i, liar] of liars.entries()) policy.received(lists[(round * 7 + i) % lists.length] as PeerRecord[], liar)
  }
  assert.ok(taken <= 100 * (1 + 60), `${taken} were taken`)
  assert.equal(candidates.list().filter(({ kind }) => kind === 'book').length, 100)
  assert.ok(candidates.list().length <= 100 + 1000 * SOURCES.exchange.share)
  assert.ok((policy.dump()['budgets'] ?? 0) <= 100)
})

test('what peers choose is bounded: budgets and answers of 10,000 peers', () => {
  const { policy } = create()
  for (let i = 0; i < 10_000; i++) {
    policy.received([], context(i))
    policy.sample(1, context(i))
  }
  assert.deepEqual(policy.dump(), { budgets: 4096, answers: 1024 })
})
