import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReferenceLedger, decodeTransaction, encodeTransaction } from '../../src/chain/index.ts'
import { createSignatureBatches } from '../../src/chain/block/signature-batches.ts'
import { createMessageVerifier } from '../../src/secure/index.ts'
import { EASY, pay, signer } from '../support/ledger-blocks.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const broken = (data: Uint8Array): Uint8Array => Uint8Array.from(data, (byte, index) => index === data.length - 1 ? byte ^ 1 : byte)

test('many signatures at once: each verdict is the one checkTransaction gives, in the order of the list', async () => {
  const ledger = await createReferenceLedger(EASY)
  const good = Array.from({ length: 24 }, (_, i) => pay(signer(i % 3), i))
  const smallOrder = encodeTransaction({ ...decodeTransaction(good[0] as Uint8Array), sender: Buffer.alloc(32), signature: Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]) })
  const list = [...good.flatMap((data, i) => i % 4 === 0 ? [broken(data), data] : [data]), smallOrder]
  const verdicts = await ledger.verifyTransactions(list.map(ledger.readTransaction, ledger))
  assert.deepEqual(verdicts, list.map(data => { try { ledger.checkTransaction(data); return true } catch { return false } }))
  assert.equal(verdicts.filter(Boolean).length, good.length)
  await ledger.close()
})

test('a verdict is remembered for the block that brings the transaction, and only a good one', async () => {
  const ledger = await createReferenceLedger(EASY)
  const list = Array.from({ length: 10 }, (_, i) => pay(signer(0), i))
  await ledger.verifyTransactions([...list, broken(list[0] as Uint8Array)].map(ledger.readTransaction, ledger))
  assert.equal(ledger.dump()['verifiedTransactions'], 10)
  await ledger.close()
  await assert.rejects(ledger.verifyTransactions(Array.from({ length: 10 }, (_, i) => ledger.readTransaction(pay(signer(1), i)))), { code: 'NODE_STOPPED' })
})

test('a quiet node starts no worker; a burst, or fifty in one second, does', async () => {
  const clock = createVirtualClock()
  const verifier = createMessageVerifier({ network: EASY.network })
  const batches = createSignatureBatches(EASY.network, clock, verifier)
  const one = (nonce: number): { data: Uint8Array, sender: Uint8Array } => ({ data: pay(signer(0), nonce), sender: signer(0).sender })
  for (let i = 0; i < 60; i++) {
    if (i === 30) await clock.advance(1000)
    assert.deepEqual(await batches.verify([one(i)]), [true])
  }
  assert.equal(verifier.dump().workers, 0)
  for (let i = 30; i < 51; i++) assert.deepEqual(await batches.verify([one(i)]), [true])
  assert.equal(verifier.dump().workers, 1)
  await batches.stop()
  const burst = createMessageVerifier({ network: EASY.network })
  const other = createSignatureBatches(EASY.network, clock, burst)
  assert.deepEqual(await other.verify([0, 1, 2, 3, 4].map(one)), [true, true, true, true, true])
  assert.ok(burst.dump().workers > 0)
  await other.stop()
})
