import assert from 'node:assert/strict'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createSync } from '../../src/chain/sync/sync.ts'
import type { Sync, SyncOptions, SyncProgress } from '../../src/chain/sync/sync.ts'
import { DETAIL } from '../../protocols/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { createBlockNet } from './block-net.ts'
import type { BlockNet } from './block-net.ts'
import { createTestLedger } from './chain-fixture.ts'
import { createVirtualClock } from './virtual-clock.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What a test of the sync has at hand. */
export interface SyncWorld { clock: VirtualClock, net: BlockNet, source: Ledger, ledger: Ledger, sync: Sync, charged: string[], progress: SyncProgress[], errors: unknown[] }

/** A node that syncs, and a full chain that peers may serve. */
export async function setUp (options: SyncOptions = {}): Promise<SyncWorld> {
  const clock = createVirtualClock()
  const net = createBlockNet(clock)
  const [source, ledger] = [await createTestLedger(clock), await createTestLedger(clock)]
  const charged: string[] = []
  const progress: SyncProgress[] = []
  const errors: unknown[] = []
  const sync = createSync({
    ledger, client: net, clock, options,
    penalise: (peer, code) => { charged.push(`${peer} ${code}`) }, onProgress: step => { progress.push(step) }, onError: error => { errors.push(error) }
  })
  sync.start()
  return { clock, net, source, ledger, sync, charged, progress, errors }
}

/** Both stand on the same block. */
export const sameTip = (a: Ledger, b: Ledger): void => { assert.equal(toHex(a.tip().hash), toHex(b.tip().hash)) }
/** A question for headers alone. */
export const isHeaders = (detail: number): boolean => detail === DETAIL.header
