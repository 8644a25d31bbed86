import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStore, createReferenceLedger, genesisOf } from '../../src/chain/index.ts'
import type { BlockStore } from '../../src/chain/index.ts'
import { TosError } from '../../src/errors/index.ts'
import { EASY, NOW, blockOn } from '../support/ledger-blocks.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

/** A store on a disk that can be full. */
function createFullableStore (): BlockStore & { full: boolean, recoveries: number } {
  const memory = createMemoryStore()
  let broken = false
  return {
    full: false,
    recoveries: 0,
    load: visit => memory.load(visit),
    get count () { return memory.count },
    get writable () { return !broken },
    async append (block) {
      if (broken || this.full) { broken = true; throw new TosError('STORE_READ_ONLY', 'no space left on device') }
      await memory.append(block)
    },
    read: number => memory.read(number),
    scan: visit => memory.scan(visit),
    rewrite: (replace, options) => memory.rewrite(replace, options),
    bytes: () => memory.bytes(),
    async recover () {
      this.recoveries++
      if (this.full) throw new TosError('STORE_READ_ONLY', 'no space left on device')
      broken = false
    },
    close: () => memory.close()
  }
}

test('a full disk: add fails with STORE_READ_ONLY, reads go on, and writing resumes by itself when there is room', async () => {
  const clock = createVirtualClock(NOW)
  const store = createFullableStore()
  const ledger = await createReferenceLedger({ ...EASY, clock, store })
  const changes: Array<{ writable: boolean, code: string | undefined }> = []
  ledger.addEventListener('store', ({ detail }) => { changes.push({ writable: detail.writable, code: detail.error?.code }) })
  const first = await blockOn([genesisOf(EASY.network)])
  const second = await blockOn([first])
  await ledger.add(first)

  store.full = true
  await assert.rejects(ledger.add(second), { code: 'STORE_READ_ONLY' })
  await assert.rejects(ledger.add(second), { code: 'STORE_READ_ONLY' })
  assert.equal(ledger.writable, false)
  assert.deepEqual(ledger.tip().hash, first.hash)
  assert.deepEqual((await ledger.block(first.hash))?.height, 1n)
  assert.equal(ledger.has(second.hash), false)

  await clock.advance(9_999)
  assert.equal(store.recoveries, 0)
  await clock.advance(10_001)
  assert.equal(store.recoveries, 2)
  assert.equal(ledger.writable, false)

  store.full = false
  await clock.advance(10_000)
  assert.equal(ledger.writable, true)
  assert.equal((await ledger.add(second)).status, 'accepted')
  assert.deepEqual(changes, [{ writable: false, code: 'STORE_READ_ONLY' }, { writable: true, code: undefined }])
  assert.equal(clock.pending, 0)
  await ledger.close()
})

test('close ends the attempts to write again', async () => {
  const clock = createVirtualClock(NOW)
  const store = createFullableStore()
  const ledger = await createReferenceLedger({ ...EASY, clock, store })
  store.full = true
  await assert.rejects(ledger.add(await blockOn([genesisOf(EASY.network)])), { code: 'STORE_READ_ONLY' })
  assert.equal(clock.pending, 1)
  await ledger.close()
  assert.equal(clock.pending, 0)
})
