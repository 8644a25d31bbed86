import { createCandidates, createPeerExchangePolicy } from '../../../src/discovery/index.ts'
import { createPendingGate } from '../../../src/node/transport/pending-gate.ts'
import { createBanList, createJudge } from '../../../src/peers/bans/index.ts'
import { createBudgets, createConnectionLimits, createKeyHash, createRateTable, parseIp, prefixKey } from '../../../src/peers/net/index.ts'
import type { IpAddress } from '../../../src/peers/net/index.ts'
import { createReputationBook } from '../../../src/peers/reputation/index.ts'
import { nodeIdToPeerId } from '../../../src/protocol/index.ts'
import { NOW, testBook } from '../../../test/peers-book/book-fixture.ts'
import { limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import type { Scale } from './scale.ts'

/** A table gets all the ids, or as many as there is time for, but always more than it holds. */
const IDS = 10_000_000
const LEAST = { quick: 5000, short: 25_000, long: IDS } as const
const TABLE_MS = { quick: 20, short: 500, long: Infinity } as const
const STEP_MS = 1

/** One table that strangers can write to, and what it may hold at most. */
interface Attacked {
  readonly name: string
  readonly cap: number
  touch (i: number, now: number): void
  size (): number
}

/** Maps keyed by attackers: every id is used once and never seen again, in all tables that ids and addresses are the keys of. */
export function strangerTables (scale: Scale): Row[] {
  const before = process.memoryUsage().rss
  const rows = attacked().map(({ name, cap, touch, size }) => {
    const end = performance.now() + TABLE_MS[scale]
    let most = 0
    let i = 0
    for (; i < LEAST[scale] || (i < IDS && performance.now() < end);) {
      for (const next = Math.min(IDS, i + 1024); i < next; i++) touch(i, NOW + i * STEP_MS)
      most = Math.max(most, size())
    }
    return limitRow(`tables, ${i.toLocaleString('en-US')} ids: ${name}`, most, 'entries', cap)
  })
  return [...rows, plainRow('tables: memory of this process above the start', (process.memoryUsage().rss - before) / 2 ** 20, 'MiB')]
}

function attacked (): Attacked[] {
  const hash = createKeyHash(new Uint8Array(8).fill(3))
  const id = (i: number): string => `12D3KooW${i.toString(36).padStart(44, 'x')}`
  const budgets = createBudgets({ hash })
  const prefixes = createRateTable({ rate: { count: 100, perMs: 60_000 }, hash, capacity: 4096 })
  const gate = createPendingGate({ maxPerHost: 5, maxHosts: 1024, exempt: () => false })
  const limits = createConnectionLimits()
  const store = { load: () => undefined, save: () => {} }
  const reputation = createReputationBook({ connected: () => new Map() })
  const bans = createBanList({ store, now: NOW, onError: error => { throw error } })
  // a court of its own: here every id is banned
  const scores = createReputationBook({ connected: () => new Map() })
  const judge = createJudge(scores, bans, NOW)
  let now = NOW
  const candidates = createCandidates({ self: 'self', clock: { now: () => now } })
  const exchange = createPeerExchangePolicy({ self: 'self', publicOnly: true, clock: () => now, sample: () => [], told: () => {} })
  const book = testBook(41)
  const peer = (i: number): ReturnType<typeof nodeIdToPeerId> => {
    const bytes = new Uint8Array(32)
    new DataView(bytes.buffer).setUint32(0, i)
    return nodeIdToPeerId(bytes)
  }
  const sum = (sizes: object): number => Object.values(sizes).reduce((total: number, size: unknown) => total + Number(size), 0)
  return [
    { name: 'message and byte budgets', cap: 65_536, touch: (i, at) => { budgets.charge(id(i), at, 300) }, size: () => budgets.size },
    { name: 'rate table by IPv6 /64', cap: 4096, touch: (i, at) => { prefixes.take(prefixKey(ipv6(i), 64), at) }, size: () => prefixes.size },
    { name: 'pending handshakes by address', cap: 1024, touch: i => { gate.enter(ipv4(i)) }, size: () => gate.sizes.hosts },
    // 4,096 connections of each IP version, which count under 3 prefixes each
    { name: 'connections by prefix', cap: 2 * 3 * 4096, touch: i => { limits.admit(i % 2 === 0 ? ipv6(i) : parseIp(ipv4(i)) as IpAddress) }, size: () => limits.size },
    { name: 'scores of ids in good standing', cap: 4096, touch: (i, at) => { reputation.record(id(i), 'valid_block', at) }, size: () => sum(reputation.dump()) },
    { name: 'scores of banned ids and offenders', cap: 3 * 4096, touch: (i, at) => { judge.record(id(i), 'consensus_violation', at, ipv6(i)) }, size: () => sum(scores.dump()) },
    { name: 'bans of ids and addresses', cap: 4096 + 3 * 1024, touch: (i, at) => { bans.punish(id(i), 'consensus_violation', at, ipv6(i >> 3)) }, size: () => sum(bans.dump()) },
    { name: 'budgets and answers of peer exchange', cap: 4096 + 1024, touch: (i, at) => { now = at; exchange.received([], { peer: peer(i) }); exchange.sample(16, { peer: peer(i) }) }, size: () => sum(exchange.dump()) },
    { name: 'candidates and their sources', cap: 1000 + 64, touch: (i, at) => { now = at; candidates.add(`exchange:${id(i)}`, { peer: id(i), addresses: [`/ip4/${ipv4(i)}/tcp/2080`] }) }, size: () => sum(candidates.dump()) },
    { name: 'address book', cap: 20_000, touch: (i, at) => { book.add([{ address: `/ip4/${ipv4(i)}/tcp/2080` }], ipv4(i), at) }, size: () => book.counts().entries }
  ]
}

/** A million networks, spread as an attacker with all of them would. */
function ipv4 (i: number): string {
  return `${11 + i % 80}.${i >> 8 & 255}.${i & 255}.${i >> 16 & 255}`
}

function ipv6 (i: number): IpAddress {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(0, 0x2a000000 | i >>> 8)
  new DataView(bytes.buffer).setUint32(4, i << 8)
  return { version: 6, bytes }
}
