import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReputationBook } from '../../src/peers/reputation/index.ts'
import type { ReputationBook } from '../../src/peers/reputation/index.ts'

const T0 = 1_740_000_000_000
const createBook = (): ReputationBook => createReputationBook({ connected: () => new Map() })

function filled (): ReputationBook {
  const book = createBook()
  book.record('offender', 'invalid_message', T0)
  book.record('helper', 'valid_block', T0)
  book.record('slow', 'connection_drop', T0)
  book.record('banned', 'consensus_violation', T0)
  book.hold('banned', T0 + 900_000, T0)
  book.record('forgiven', 'fast_response', T0 - 86_400_000)
  return book
}

test('scores survive a restart, decay during it counts, and forgiven peers are not stored', () => {
  const before = filled()
  const saved: unknown = JSON.parse(JSON.stringify(before.toJSON(T0)))
  assert.equal((saved as { peers: unknown[] }).peers.length, 4)
  for (const now of [T0, T0 + 600_000, T0 + 3_600_000, T0 + 86_400_000]) {
    const [after, same] = [createBook(), filled()]
    after.load(saved, now)
    for (const peer of ['offender', 'helper', 'slow', 'banned', 'forgiven']) assert.equal(after.score(peer, now), same.score(peer, now), `${peer} at ${now - T0}`)
  }
})

test('damaged scores are refused with a code, and nothing of them is taken', () => {
  const good = filled().toJSON(T0) as { version: number, peers: Array<Record<string, unknown>> }
  const [first] = good.peers as [Record<string, unknown>]
  const bad: unknown[] = [
    undefined, null, 7, 'x', [], {}, { ...good, version: 2 }, { ...good, more: 1 }, { version: 1 }, { version: 1, peers: 'x' },
    ...[{ merit: 1001 }, { merit: -1 }, { merit: 300.5 }, { trouble: 101 }, { peer: 'x'.repeat(129) }, { peer: 5 }, { minute: 2 ** 32 }, { held_until: 'x' }].map(part => ({ version: 1, peers: [...good.peers, Object.assign({}, first, part)] })),
    { ...good, peers: Array.from({ length: 65_537 }, () => first) }
  ]
  for (const [i, saved] of bad.entries()) {
    const book = createBook()
    assert.throws(() => { book.load(saved, T0) }, { code: 'PEER_FILE_INVALID' }, `case ${i}`)
    assert.deepEqual(book.dump(), { active: 0, held: 0, offenders: 0 })
  }
})

test('times far in the future are cut: no ban of a file outlives a day', () => {
  const book = createBook()
  book.load({ version: 1, peers: [{ peer: 'a', merit: 0, trouble: 0, minute: 4_000_000_000, held_until: 4_000_000_000 }] }, T0)
  assert.equal(book.explain('a', T0).heldMs, 86_400_000)
  assert.equal(book.score('a', T0 + 86_400_000), 350)
})
