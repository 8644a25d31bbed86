import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockData } from '../../protocols/index.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { toHex } from '../../src/wire/index.ts'
import { copy, createTestLedger, extend } from '../support/chain-fixture.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const hex = ({ hash }: { readonly hash: Uint8Array }): string => toHex(hash)

/** A ledger with `own` blocks, a branch of `other` blocks from genesis, and what was told of forks. */
async function fork (own: number, other: number): Promise<{ ledger: Ledger, mine: BlockData[], theirs: BlockData[], told: string[] }> {
  const clock = createVirtualClock()
  const [ledger, far] = [await createTestLedger(clock), await createTestLedger(clock)]
  const told: string[] = []
  ledger.addEventListener('fork', ({ detail: { depth, error } }) => { told.push(`${error.code} ${depth}`) })
  return { ledger, mine: await extend(ledger, own, { miner: 1 }), theirs: await extend(far, other, { miner: 2 }), told }
}

test('a branch that is heavier by one block replaces 128', async () => {
  const { ledger, theirs, told } = await fork(128, 129)
  await copy(theirs, ledger)
  assert.equal(hex(ledger.tip()), hex(theirs[128] as BlockData))
  assert.deepEqual(told, [])
})

test('a reorganisation of 129 is refused and told once; the blocks are held, and mining goes on on the own tip alone', async () => {
  const { ledger, mine, theirs, told } = await fork(129, 200)
  await copy(theirs, ledger)
  assert.equal(hex(ledger.tip()), hex(mine[128] as BlockData))
  assert.deepEqual(told, ['REORG_TOO_DEEP 129'])
  assert.ok(theirs.every(({ hash }) => ledger.has(hash)))
  assert.deepEqual(ledger.template().parents.map(toHex), [hex(mine[128] as BlockData)])
  await extend(ledger, 1)
  assert.equal(ledger.tip().height, 130n)
})

test('a branch twice as heavy replaces any number: a node that mined alone finds back', async () => {
  const { ledger, theirs, told } = await fork(200, 400)
  await copy(theirs.slice(0, 399), ledger)
  assert.equal(ledger.tip().height, 200n)
  await copy(theirs.slice(399), ledger)
  assert.equal(hex(ledger.tip()), hex(theirs[399] as BlockData))
  assert.deepEqual(told, ['REORG_TOO_DEEP 200'])
})
