import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBanList, createJudge } from '../../src/peers/bans/index.ts'
import type { BanList, Judge } from '../../src/peers/bans/index.ts'
import { parseIp } from '../../src/peers/net/index.ts'
import type { IpAddress } from '../../src/peers/net/index.ts'
import { createReputationBook } from '../../src/peers/reputation/index.ts'
import type { ReputationBook } from '../../src/peers/reputation/index.ts'

const T0 = 1_740_000_000_000
const MINUTE = 60_000
const ip = (text: string): IpAddress => parseIp(text) as IpAddress
const shared = ip('198.51.100.7')

interface Court { readonly book: ReputationBook, readonly bans: BanList, readonly judge: Judge }

function createCourt (ids: readonly string[], whitelist: readonly string[] = []): Court {
  const connected = new Map([...ids, ...Array.from({ length: 60 }, (_, i) => `other${i}`)].map(id => [id, T0]))
  const book = createReputationBook({ connected: () => connected })
  const bans = createBanList({ store: { load: () => undefined, save: () => {} }, now: T0, onError: error => { throw error }, whitelist })
  return { book, bans, judge: createJudge(book, bans, T0) }
}

test('ban poisoning: 6 clean and 5 bad ids behind one address, and the clean stay', () => {
  const [clean, bad] = [6, 5].map((count, kind) => Array.from({ length: count }, (_, i) => `${kind}-${i}`)) as [string[], string[]]
  const { bans, book, judge } = createCourt([...clean, ...bad])
  for (let now = T0; now < T0 + 14 * MINUTE; now += 10_000) {
    for (const peer of bad) judge.record(peer, 'invalid_block', now, shared)
    for (const peer of clean) judge.record(peer, 'connection_drop', now, shared)
  }
  const now = T0 + 14 * MINUTE
  for (const peer of bad) assert.equal(bans.isBanned(peer, shared, now)?.by, 'score')
  for (const peer of clean) {
    assert.equal(bans.isBanned(peer, shared, now), undefined)
    assert.ok(book.score(peer, now) >= 400)
  }
  assert.equal(bans.isBanned(undefined, shared, now), undefined)
})

test('a sixth bad id closes the address to newcomers for a quarter of an hour; the whitelisted pass', () => {
  const friend = '12D3KooWPA6ax6t3jqTyGq73Zm1RmwppYqxaXzrtarfcTWGp5Wzx'
  const bad = Array.from({ length: 6 }, (_, i) => `bad${i}`)
  const { bans, judge } = createCourt(bad, [friend])
  for (const peer of bad) judge.record(peer, 'consensus_violation', T0, shared)
  const found = bans.isBanned('newcomer', shared, T0)
  assert.deepEqual([found?.code, found?.by, found?.target, found?.until], ['BANNED', 'address', '198.51.100.7/32', T0 + 15 * MINUTE])
  assert.equal(bans.isBanned(friend, shared, T0), undefined)
  assert.equal(bans.isBanned('newcomer', ip('198.51.100.8'), T0), undefined)
  assert.equal(bans.isBanned('newcomer', shared, T0 + 15 * MINUTE), undefined)
})

test('a whitelist lifts quotas, never validity', () => {
  const friend = '12D3KooWPA6ax6t3jqTyGq73Zm1RmwppYqxaXzrtarfcTWGp5Wzx'
  for (const whitelist of [[friend], ['198.51.100.0/24']]) {
    const { bans, judge } = createCourt([friend], whitelist)
    for (const reason of ['message_rate_exceeded', 'bandwidth_exceeded'] as const) assert.deepEqual(judge.record(friend, reason, T0, shared), { score: 500, delta: 0, ignored: 'whitelist' })
    assert.equal(judge.record(friend, 'invalid_block', T0, shared).score, 300)
    assert.equal(judge.record(friend, 'invalid_message', T0, shared).banned?.reason, 'invalid_message')
    assert.equal(bans.isBanned(friend, shared, T0)?.by, 'score')
  }
})

test('a pardoned peer starts again at 350, and its record of bans is clean', () => {
  const peer = '12D3KooWPA6ax6t3jqTyGq73Zm1RmwppYqxaXzrtarfcTWGp5Wzx'
  const { bans, book, judge } = createCourt([peer])
  const rounds = [(now: number) => judge.pardon(peer, now), (now: number) => judge.pardonAll(now)]
  for (const [round, pardon] of rounds.entries()) {
    const now = T0 + round * MINUTE
    const { banned } = judge.record(peer, 'consensus_violation', now)
    assert.equal((banned?.until ?? 0) - now, 15 * MINUTE)
    assert.deepEqual(pardon(now + 1000), [banned])
    assert.deepEqual([book.score(peer, now + 1000), bans.isBanned(peer, undefined, now + 1000)], [350, undefined])
  }
})

test('after a restart a banned peer is frozen even when its score was lost', () => {
  const peer = '12D3KooWPA6ax6t3jqTyGq73Zm1RmwppYqxaXzrtarfcTWGp5Wzx'
  let file: Uint8Array | undefined
  const store = { load: () => file, save: (bytes: Uint8Array) => { file = bytes } }
  const onError = (error: Error): void => { throw error }
  createBanList({ store, now: T0, onError }).punish(peer, 'invalid_block', T0)
  const book = createReputationBook({ connected: () => new Map() })
  const judge = createJudge(book, createBanList({ store, now: T0 + MINUTE, onError }), T0 + MINUTE)
  assert.equal(judge.record(peer, 'valid_block', T0 + MINUTE).ignored, 'banned')
  assert.equal(book.score(peer, T0 + 15 * MINUTE), 350)
})
