import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReferenceLedger, decodeTransaction, encodeTransaction } from '../../src/chain/index.ts'
import type { ReferenceLedger, Transaction } from '../../src/chain/index.ts'
import { TosError } from '../../src/errors/index.ts'
import { fromHex } from '../../src/wire/index.ts'
import { EASY, pay, signer } from '../support/ledger-blocks.ts'

// order of the base point's group (RFC 8032 §5.1)
const L = (1n << 252n) + 27_742_317_777_372_353_535_851_937_790_883_648_493n
const IDENTITY = '0100000000000000000000000000000000000000000000000000000000000000'
const SMALL_ORDER = [
  IDENTITY,
  '0000000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000080'
]

async function refused (change: (good: Transaction) => Transaction, rule = 'signature'): Promise<void> {
  const ledger = await createReferenceLedger(EASY)
  const good = decodeTransaction(pay(signer(0), 0))
  assert.throws(() => ledger.checkTransaction(encodeTransaction(change(good))), hasRule(rule))
  await ledger.close()
}

function hasRule (rule: string): (error: unknown) => boolean {
  return error => error instanceof TosError && error.code === 'INVALID_TRANSACTION' && error.details?.rule === rule
}

test('every signed field is covered: a change of any of them is refused', async () => {
  for (const change of [{ nonce: 1n }, { fee: 2n }, { priority: 1 }, { privacyLevel: 1 }, { energyUsed: 1n }, { body: Buffer.from('pax') }, { sender: signer(1).sender }]) {
    await refused(good => ({ ...good, ...change }))
  }
})

test('a signature with S + L, which a lax verifier takes for the same, is refused', async () => {
  await refused(good => {
    const s = BigInt(`0x${Buffer.from(good.signature.subarray(32).toReversed()).toString('hex')}`) + L
    const signature = Buffer.from(good.signature)
    signature.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex').toReversed(), 32)
    return { ...good, signature }
  })
})

test('keys of small order are refused, whatever they sign', async () => {
  const ledger = await createReferenceLedger(EASY)
  for (const key of SMALL_ORDER) {
    // R = identity and S = 0 satisfies the plain equation for one message in a few under each of these keys
    const signature = Buffer.concat([fromHex(IDENTITY), Buffer.alloc(32)])
    for (let nonce = 0n; nonce < 16n; nonce++) {
      const data = encodeTransaction({ sender: fromHex(key), nonce, fee: 0n, priority: 0, privacyLevel: 0, energyUsed: 0n, body: Buffer.alloc(0), signature })
      assert.throws(() => ledger.checkTransaction(data), hasRule('signature'), key)
    }
  }
  await ledger.close()
})

test('bytes that are no transaction are refused by form: cut, extended, levels above 3', async () => {
  const ledger = await createReferenceLedger(EASY)
  const good = pay(signer(0), 0)
  for (let length = 0; length < good.length; length += 7) formRefused(ledger, good.subarray(0, length))
  formRefused(ledger, Buffer.concat([good, Buffer.alloc(1)]))
  for (const at of [48, 49]) {
    const data = Buffer.from(good)
    data[at] = 4
    formRefused(ledger, data)
  }
  await ledger.close()
})

function formRefused (ledger: ReferenceLedger, data: Uint8Array): void {
  assert.throws(() => ledger.checkTransaction(data), hasRule('form'))
}
