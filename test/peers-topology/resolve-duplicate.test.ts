import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { DUPLICATE_WAIT_MS, resolveDuplicate } from '../../src/peers/topology/index.ts'
import type { DuplicateConnection } from '../../src/peers/topology/index.ts'

const small = new Uint8Array(32).fill(1)
const large = new Uint8Array(32).fill(1, 0, 31).fill(200, 31)
const connection = (id: string, direction: 'inbound' | 'outbound', openedAt: number): DuplicateConnection => ({ id, direction, openedAt })

// connections as the local side sees them → what stays, what goes, who closes
const CASES: readonly (readonly [string, 'small' | 'large', readonly DuplicateConnection[], string | undefined, readonly string[], 'local' | 'remote'])[] = [
  ['simultaneous dials, ours is smaller', 'small', [connection('in', 'inbound', 0), connection('out', 'outbound', 5)], 'out', ['in'], 'local'],
  ['simultaneous dials, ours is larger', 'large', [connection('in', 'inbound', 5), connection('out', 'outbound', 0)], 'in', ['out'], 'remote'],
  ['we dialled twice', 'large', [connection('second', 'outbound', 9), connection('first', 'outbound', 1)], 'first', ['second'], 'local'],
  ['it dialled twice', 'small', [connection('second', 'inbound', 9), connection('first', 'inbound', 1)], 'first', ['second'], 'remote'],
  ['three, two of them ours', 'small', [connection('in', 'inbound', 0), connection('b', 'outbound', 2), connection('a', 'outbound', 1)], 'a', ['b', 'in'], 'local'],
  ['one alone', 'small', [connection('in', 'inbound', 0)], 'in', [], 'remote'],
  ['none', 'small', [], undefined, [], 'local']
]
for (const [what, local, connections, keep, close, closer] of CASES) {
  test(`of connections to one peer (${what}) ${keep ?? 'nothing'} stays and the ${closer} side closes the rest`, () => {
    const verdict = resolveDuplicate(connections, local === 'small' ? small : large, local === 'small' ? large : small)
    assert.deepEqual([verdict.keep, verdict.close, verdict.closer, verdict.goodbye], [keep, close, closer, 12])
    assert.equal(verdict.waitMs, closer === 'remote' && close.length > 0 ? DUPLICATE_WAIT_MS : 0)
  })
}

test('node ids are compared byte by byte and unsigned', () => {
  const low = new Uint8Array(32).fill(0x7f)
  const high = new Uint8Array(32).fill(0x80)
  const both = [connection('in', 'inbound', 0), connection('out', 'outbound', 0)]
  assert.equal(resolveDuplicate(both, low, high).keep, 'out')
  assert.equal(resolveDuplicate(both, high, low).keep, 'in')
})

test('our own node id on the other side is an error', () => {
  assert.throws(() => resolveDuplicate([connection('in', 'inbound', 0)], small, small.slice()), { code: 'DUPLICATE_NODE_ID' })
})

test('a connection that was up for long when a new one came is pinged before it is preferred', () => {
  const probe = (...at: readonly number[]): boolean => resolveDuplicate(at.map(openedAt => connection(`c${openedAt}`, 'inbound', openedAt)), small, large).probe
  assert.deepEqual([probe(0), probe(0, 10_000), probe(0, 10_001), probe(0, 5, 60_000)], [false, false, true, true])
  // the preferred dial came last: the older one is the doubtful one, and it goes anyway
  assert.equal(resolveDuplicate([connection('in', 'inbound', 0), connection('out', 'outbound', 60_000)], small, large).probe, false)
})

test('both sides choose the same connection, and exactly one closes, whoever dialled what and however their clocks differ', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.uniqueArray(fc.record({ at: fc.nat(1000), byA: fc.boolean() }), { minLength: 2, maxLength: 6, selector: ({ at }) => at }), fc.integer(), (a, b, dials, skew) => {
      fc.pre(Buffer.compare(a, b) !== 0)
      const seen = (byMe: boolean, skew: number): DuplicateConnection[] => dials.map(({ at, byA }) => connection(`${at}`, byA === byMe ? 'outbound' : 'inbound', at + skew))
      const atA = resolveDuplicate(seen(true, 0), a, b)
      const atB = resolveDuplicate(seen(false, skew), b, a)
      assert.equal(atA.keep, atB.keep)
      assert.notEqual(atA.closer, atB.closer)
    }))
})
