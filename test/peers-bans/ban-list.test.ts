import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import * as fc from '../support/fast-check.ts'
import { FIRST_BAN_MS, LONGEST_BAN_MS, MEMORY_MS, banDuration, createBanList } from '../../src/peers/bans/index.ts'
import type { BanList, BanListOptions } from '../../src/peers/bans/index.ts'
import { parseIp } from '../../src/peers/net/index.ts'
import type { IpAddress } from '../../src/peers/net/index.ts'

const T0 = 1_740_000_000_000
const MINUTE = 60_000
const PEER = '12D3KooWPA6ax6t3jqTyGq73Zm1RmwppYqxaXzrtarfcTWGp5Wzx'
const ip = (text: string): IpAddress => parseIp(text) as IpAddress
const createList = (given: Partial<BanListOptions> = {}): BanList =>
  createBanList({ store: { load: () => undefined, save: () => {} }, now: T0, onError: error => { throw error }, ...given })

test('a ban doubles with each repetition, up to 24 h, and only while the last one is remembered', () => {
  assert.deepEqual([1, 2, 3, 7, 8, 1000].map(times => banDuration(times) / MINUTE), [15, 30, 60, 960, 1440, 1440])
  fc.assert(fc.property(fc.array(fc.nat(2 * MEMORY_MS), { maxLength: 20 }), waits => {
    const list = createList()
    let now = T0
    let length = FIRST_BAN_MS / 2
    let ended = -Infinity
    for (const wait of waits) {
      now = Math.max(now, ended) + wait
      length = now - ended < MEMORY_MS ? Math.min(length * 2, LONGEST_BAN_MS) : FIRST_BAN_MS
      const { until = 0 } = list.punish('a', 'x', now)
      assert.equal(until - now, length)
      assert.deepEqual(list.punish('a', 'y', now + 1).until, until, 'a ban in force is not prolonged')
      assert.ok(list.isBanned('a', undefined, until - 1) !== undefined && list.isBanned('a', undefined, until) === undefined)
      ended = until
    }
  }))
})

test('an operator bans peer ids in any spelling and ranges of both versions, with and without an end', () => {
  const list = createList()
  const cid = peerIdFromString(PEER).toCID().toString()
  assert.notEqual(cid, PEER)
  list.add(cid, { for: MINUTE, reason: 'spam' }, T0)
  list.add('203.0.113.77/24', {}, T0)
  list.add('2001:db8:1::/48', { for: 2 * MINUTE }, T0)
  list.add('192.0.2.1', {}, T0)
  const by = (peer: string | undefined, text: string | undefined, now = T0): string | undefined => list.isBanned(peer, text === undefined ? undefined : ip(text), now)?.target
  assert.deepEqual([by(PEER, undefined), by(PEER, undefined, T0 + MINUTE)], [PEER, undefined])
  assert.deepEqual([by('b', '203.0.113.5'), by(undefined, '203.0.113.5'), by('b', '203.0.114.5')], ['203.0.113.0/24', '203.0.113.0/24', undefined])
  assert.equal(by('b', '::ffff:203.0.113.5'), '203.0.113.0/24', 'IPv4 in IPv6 is the same host')
  assert.deepEqual([by('b', '2001:db8:1:2::3'), by('b', '2001:db8:2::3'), by('b', '192.0.2.1'), by('b', '192.0.2.2')], ['2001:db8:1::/48', undefined, '192.0.2.1/32', undefined])
  assert.deepEqual(list.ls(T0 + 5 * MINUTE).map(({ target }) => target), ['203.0.113.0/24', '192.0.2.1/32'])
  list.add('198.51.100.0/24', {}, T0)
  assert.equal(list.rm('203.0.113.0/24', T0).length, 1)
  assert.equal(by('b', '198.51.100.9'), '198.51.100.0/24', 'another range of the same length still holds')
  assert.deepEqual([by('b', '203.0.113.5'), list.rm('203.0.113.0/24', T0)], [undefined, []])
})

test('an operator\'s slip is refused with a code: everybody, nobody, endless durations, a full table', () => {
  const list = createList({ maxAddresses: 2 })
  for (const target of ['0.0.0.0/0', '::/0', '', 'x', '1.2.3', '1.2.3.4/33', '::ffff:1.2.3.0/120', '/ip4/1.2.3.4', PEER.slice(1)]) assert.throws(() => list.add(target, {}, T0), { code: 'INVALID_VALUE' }, target)
  for (const ms of [0, -1, Number.NaN, Infinity]) assert.throws(() => list.add(PEER, { for: ms }, T0), { code: 'INVALID_VALUE' })
  list.add(PEER, {}, T0)
  list.add('192.0.2.0/24', { for: MINUTE }, T0)
  assert.throws(() => list.add('192.0.3.0/24', {}, T0), { code: 'INVALID_VALUE' })
  list.add(PEER, { for: MINUTE }, T0)
  list.add('192.0.3.0/24', {}, T0 + MINUTE)
  assert.throws(() => createList({ whitelist: ['nonsense'] }), { code: 'INVALID_VALUE' })
})

test('an order of the operator stands above the whitelist', () => {
  const list = createList({ whitelist: [PEER, '192.0.2.0/24'] })
  assert.deepEqual([list.isWhitelisted(PEER, undefined), list.isWhitelisted('b', ip('192.0.2.9')), list.isWhitelisted('b', ip('192.0.3.9'))], [true, true, false])
  list.add(PEER, {}, T0)
  assert.equal(list.isBanned(PEER, undefined, T0)?.by, 'operator')
})

test('an address is banned after more than five banned ids at a time, by /64 in IPv6, 15 min doubling to 1 h', () => {
  const list = createList()
  const round = (now: number, from: (i: number) => string): number => {
    for (let i = 0; i < 6; i++) {
      assert.equal(list.isBanned('new', ip(from(99)), now), undefined, `after ${i} ids`)
      list.punish(`${now}-${i}`, 'x', now, ip(from(i)))
    }
    return ((list.isBanned('new', ip(from(99)), now)?.until ?? now) - now) / MINUTE
  }
  const v6 = (i: number): string => `2001:db8::${i}`
  assert.deepEqual([0, 1, 2, 3].map(hours => round(T0 + hours * 61 * MINUTE, v6)), [15, 30, 60, 60])
  assert.equal(list.isBanned('new', ip('2001:db8:0:1::1'), T0 + 183 * MINUTE), undefined)
  // one at a time is no crowd, however long it goes on
  for (let i = 0; i < 20; i++) list.punish(`slow${i}`, 'x', T0 + i * 16 * MINUTE, ip('198.51.100.1'))
  assert.equal(list.isBanned('new', ip('198.51.100.1'), T0 + 19 * 16 * MINUTE), undefined)
})

test('a pardoned peer no longer counts against its address', () => {
  const list = createList()
  list.punish(PEER, 'x', T0, ip('198.51.100.1'))
  for (let i = 0; i < 4; i++) list.punish(`p${i}`, 'x', T0, ip('198.51.100.1'))
  list.rm(PEER, T0)
  list.punish('p4', 'x', T0, ip('198.51.100.1'))
  assert.equal(list.isBanned('new', ip('198.51.100.1'), T0), undefined)
  assert.equal(list.punish('p5', 'é'.repeat(500), T0, ip('198.51.100.1')).reason, 'é'.repeat(98))
  assert.equal(list.isBanned('new', ip('198.51.100.1'), T0)?.by, 'address')
})

test('local addresses are never counted: a proxy, a site or a devnet stands behind them', () => {
  for (const text of ['127.0.0.1', '10.1.2.3', '172.17.0.1', '::1', 'fe80::1']) {
    const list = createList()
    for (let i = 0; i < 50; i++) list.punish(`p${i}`, 'x', T0, ip(text))
    assert.equal(list.isBanned('new', ip(text), T0), undefined, text)
  }
})

test('clear removes bans, memory and what was counted behind addresses', () => {
  const list = createList()
  for (let i = 0; i < 6; i++) list.punish(`p${i}`, 'x', T0, ip('198.51.100.1'))
  list.add('192.0.2.0/24', {}, T0)
  assert.equal(list.clear(T0).length, 8)
  assert.deepEqual([list.ls(T0), list.dump()], [[], { peers: 0, addresses: 0, operator: 0, counted: 0, unsaved: false }])
  assert.equal((list.punish('p0', 'x', T0).until ?? 0) - T0, FIRST_BAN_MS)
})

test('10^5 random ids from random addresses: tables stay within their caps, a repeated offender stays banned', () => {
  const list = createList({ maxPeers: 512 })
  let ended = T0
  for (let i = 0; i < 5; i++) ended = list.punish('villain', 'x', ended).until ?? 0
  const start = ended - 60 * MINUTE
  for (let i = 0; i < 100_000; i++) {
    list.punish(`id${i}`, 'x', start + i, { version: 4, bytes: Uint8Array.of(11, i >> 16, i >> 8 & 255, i & 255) })
    assert.ok(list.dump().peers <= 512)
  }
  const { addresses, counted, operator } = list.dump()
  assert.ok(addresses <= 1024 && counted <= 1024 && operator === 0)
  assert.equal(list.isBanned('villain', undefined, start + 100_000)?.times, 5)
  assert.notEqual(list.isBanned('id99999', undefined, start + 100_000), undefined)
})
