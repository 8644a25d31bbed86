import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SERVICE } from '../../protocols/index.ts'
import type { LedgerUpkeep } from '../../src/chain/index.ts'
import { chainServices } from '../../src/node/chain-services.ts'

const upkeep = (writable: boolean, prunedBelow: bigint): LedgerUpkeep => ({ writable, prunedBelow }) as LedgerUpkeep

test('a full disk takes BLOCKS back, a pruned store admits LIMITED, and a ledger without a store of ours promises all', () => {
  const all = SERVICE.blocks | SERVICE.tx
  assert.equal(chainServices({ upkeep: upkeep(true, 0n) }), all)
  assert.equal(chainServices({ upkeep: upkeep(false, 0n) }), SERVICE.tx)
  assert.equal(chainServices({ upkeep: upkeep(true, 5n) }), all | SERVICE.limited)
  assert.equal(chainServices({}), all)
})
