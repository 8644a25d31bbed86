import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { TosError } from '../../errors/index.ts'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { createSignatureBatches } from './signature-batches.ts'
import type { SignedTransaction } from './signature-batches.ts'
import { SIGNATURE_BYTES, decodeTransaction, signedBytes, transactionDomain, transactionId } from './transaction.ts'
import type { Transaction } from './transaction.ts'

/** A transaction whose form holds, with its id; the signature may still be unchecked. */
export interface ParsedTransaction {
  readonly id: Uint8Array
  readonly data: Uint8Array
  readonly value: Transaction
}

/** Signature checks of one network: synchronous for one, in the thread pool for a block of them. */
export interface TransactionChecks {
  /** Form and id. Throws `INVALID_TRANSACTION` with `details.rule` `form`. */
  parse (data: Uint8Array): ParsedTransaction
  /** Throws `INVALID_TRANSACTION` with `details.rule` `signature`. */
  verifyOne (transaction: Identified): void
  /** Verdicts in the order of `transactions`, from worker threads. Rejects when there is none: see `SignatureBatches`. */
  verifyEach (transactions: readonly Identified[]): Promise<boolean[]>
  /** All signatures, several at a time off the event loop. Rejects like `verifyOne`, with `details.index` of the first bad one. */
  verifyAll (transactions: readonly ParsedTransaction[]): Promise<void>
  /** Ends the worker threads. */
  stop (): Promise<void>
  /** Sizes of the two caches, and signatures that wait for a worker. */
  dump (): { keys: number, verified: number, verifying: number }
}

/** What a signature check needs to know. */
type Identified = SignedTransaction & { readonly id: Uint8Array }

// importing a key costs 15-40 µs, a verification 110: both are worth remembering, within bounds
const KEYS = 4096
const VERIFIED = 32_768
// enough to keep libuv's four threads busy while the store's own jobs still get their turn
const IN_FLIGHT = 16

/**
 * Strict Ed25519 (RFC 8032 §5.1.7, cofactorless) as node:crypto does it: non-canonical S and small-order keys are refused.
 * Ids that passed `verifyOne` or `verifyEach` are remembered: a transaction checked on its way into the mempool is not verified again inside its block.
 * The id covers the signature, so nothing else can pass under it.
 */
export function createTransactionChecks (network: string, clock: Clock = systemClock): TransactionChecks {
  const domain = transactionDomain(network)
  const keys = new LRUCache<string, KeyObject>({ max: KEYS })
  const verified = new LRUCache<string, true>({ max: VERIFIED })
  const batches = createSignatureBatches(network, clock)
  const name = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

  const keyOf = (sender: Uint8Array): KeyObject => {
    const cached = keys.get(name(sender))
    if (cached !== undefined) return cached
    try {
      const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(sender).toString('base64url') } })
      keys.set(name(sender), key)
      return key
    } catch (cause) {
      throw new TosError('INVALID_TRANSACTION', 'the sender is not an Ed25519 key', { cause, details: { rule: 'signature' } })
    }
  }

  const verifyInPool = async (transaction: ParsedTransaction, index: number): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    verify(null, signedBytes(domain, transaction.data), keyOf(transaction.value.sender), transaction.value.signature, (error, ok) => {
      if (error === null && ok) resolve()
      else reject(badSignature(error ?? undefined, index))
    })
    await promise
  }

  return {
    parse: data => ({ value: decodeTransaction(data), data, id: transactionId(data) }),
    verifyOne (transaction) {
      if (verified.get(name(transaction.id)) === true) return
      const { data, sender } = transaction
      if (!verify(null, signedBytes(domain, data), keyOf(sender), data.subarray(data.length - SIGNATURE_BYTES))) throw badSignature()
      verified.set(name(transaction.id), true)
    },
    async verifyEach (transactions) {
      const unknown = transactions.filter(({ id }) => verified.get(name(id)) !== true)
      const verdicts = unknown.length === 0 ? [] : await batches.verify(unknown)
      const bad = new Set(unknown.filter((_, index) => verdicts[index] !== true))
      for (const { id } of unknown.filter(transaction => !bad.has(transaction))) verified.set(name(id), true)
      return transactions.map(transaction => !bad.has(transaction))
    },
    async verifyAll (transactions) {
      let next = 0
      const lane = async (): Promise<void> => {
        while (next < transactions.length) {
          const index = next++
          const transaction = transactions[index] as ParsedTransaction
          if (verified.get(name(transaction.id)) === true) continue
          try {
            await verifyInPool(transaction, index)
          } catch (error) {
            // the block is lost: stop the other lanes too
            next = transactions.length
            throw error
          }
        }
      }
      const lanes = await Promise.allSettled(Array.from({ length: Math.min(IN_FLIGHT, transactions.length) }, lane))
      const failed = lanes.find(result => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
    stop: () => batches.stop(),
    dump: () => ({ keys: keys.size, verified: verified.size, verifying: batches.queued })
  }
}

function badSignature (cause?: unknown, index?: number): TosError {
  return new TosError('INVALID_TRANSACTION', 'the signature does not match', {
    ...(cause === undefined ? {} : { cause }), details: { rule: 'signature', ...(index === undefined ? {} : { index }) }
  })
}
