import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha3_256 } from '@noble/hashes/sha3.js'
import * as fc from '../support/fast-check.ts'
import { createTransactionSigner, decodeTransaction, merkleRoot, transactionId } from '../../src/chain/index.ts'
import { signedBytes, transactionDomain } from '../../src/chain/block/transaction.ts'
import { checksum } from '../../src/frame/index.ts'

test('the checksum is the first eight bytes of an independent SHA3-256', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
    const digest = sha3_256(bytes)
    assert.equal(checksum(bytes), new DataView(digest.buffer, digest.byteOffset).getBigUint64(0, false))
  }))
})

test('an independent Ed25519 accepts our transaction signatures, and our ids and roots follow from an independent SHA3-256', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const signer = createTransactionSigner(privateKey, 'devnet')
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 200 }), (nonce, body) => {
    const data = signer.sign({ nonce, fee: 1n, priority: 0, privacyLevel: 0, energyUsed: 0n, body })
    assert.ok(ed25519.verify(decodeTransaction(data).signature, signedBytes(transactionDomain('devnet'), data), signer.sender))
    assert.deepEqual(Uint8Array.from(transactionId(data)), sha3_256(data))
    assert.deepEqual(Uint8Array.from(merkleRoot([transactionId(data)])), sha3_256(Uint8Array.of(0, ...transactionId(data))))
  }), { numRuns: 30 })
})
