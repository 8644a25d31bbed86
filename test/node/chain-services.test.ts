import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SERVICE } from '../../protocols/index.ts'
import { openLightLedger } from '../../src/chain/index.ts'
import type { LedgerUpkeep } from '../../src/chain/index.ts'
import { chainServices } from '../../src/node/chain-services.ts'

const upkeep = (writable: boolean, prunedBelow: bigint): LedgerUpkeep => ({ writable, prunedBelow }) as LedgerUpkeep

test('a full disk takes BLOCKS back, a pruned store admits LIMITED and proves no longer, a ledger without a store of ours promises all, headers nothing', async () => {
  const all = SERVICE.blocks | SERVICE.tx | SERVICE.lightServer
  assert.equal(chainServices({ upkeep: upkeep(true, 0n) }), all)
  assert.equal(chainServices({ upkeep: upkeep(false, 0n) }), SERVICE.tx | SERVICE.lightServer)
  assert.equal(chainServices({ upkeep: upkeep(true, 5n) }), SERVICE.blocks | SERVICE.tx | SERVICE.limited)
  assert.equal(chainServices({}), all)
  const headers = openLightLedger({ network: 'devnet' })
  assert.equal(chainServices(headers), 0n)
  await headers.close()
})
