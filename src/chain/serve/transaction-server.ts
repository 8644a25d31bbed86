import { TX_LIMITS } from '../../../protocols/index.ts'
import type { TxAnswer, TxData, TxQuestion } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import type { Ledger } from '../ledger.ts'
import type { ServeContext } from './block-server.ts'

/** What serving transactions may cost. */
export interface TransactionServerLimits {
  /** Largest encoded answer in bytes (default and most: 5 MiB). */
  readonly responseBytes?: number
  /** Answers being built at once; more throw `BUSY` (default 8). */
  readonly concurrent?: number
}

/** Where unconfirmed transactions are looked up. Only what may be shown to anyone belongs in it: never one still in a stem. */
export interface TransactionSource {
  get (id: Uint8Array): { readonly data: Uint8Array } | undefined
}

export type TransactionServer = (question: TxQuestion, context?: ServeContext) => Promise<TxAnswer>

// u32 tag, request id, two list lengths
const ENVELOPE_BYTES = 4 + 8 + 8 + 8
const HASH_BYTES = 32

/**
 * Answers TX_REQUEST from the pool, then the chain; with a Merkle proof when asked for and the transaction is in a block. What does not
 * fit into the cap stands in neither list: the asker asks again. Throws `BUSY`, `ABORTED`.
 */
export function createTransactionServer (
  { ledger, mempool }: { ledger: Ledger, mempool: TransactionSource },
  { responseBytes = TX_LIMITS.responseBytes, concurrent = 8 }: TransactionServerLimits = {}
): TransactionServer {
  const cap = Math.min(TX_LIMITS.responseBytes, responseBytes)
  let building = 0
  return async (question, { signal } = {}) => {
    // this answer has no status field, so the refusal travels as an ERROR frame
    if (building >= concurrent) throw new TosError('BUSY', `${building} transaction requests are being answered`)
    building++
    try {
      return await answer(ledger, mempool, question, cap, signal)
    } finally {
      building--
    }
  }
}

async function answer (ledger: Ledger, mempool: TransactionSource, question: TxQuestion, cap: number, signal: AbortSignal | undefined): Promise<TxAnswer> {
  const asked = [...new Map(question.txHashes.map(hash => [toHex(hash), hash])).values()]
  const transactions: TxData[] = []
  const notFound: Uint8Array[] = []
  let room = cap - ENVELOPE_BYTES - asked.length * HASH_BYTES
  for (const txHash of asked) {
    if (signal?.aborted === true) throw new TosError('ABORTED', 'the asker has gone')
    const found = await look(ledger, mempool, txHash, question.includeProof)
    if (found === undefined) {
      notFound.push(txHash)
      continue
    }
    const bytes = txBytes(found)
    // a smaller one further on may still fit
    if (bytes > room) continue
    room -= bytes
    transactions.push(found)
  }
  return { transactions, notFound }
}

/**
 * The pool first: it holds what is newest, and costs no disk read. Where a proof is wanted the chain first: the pool drops what a block took
 * only when it is looked through again.
 */
async function look (ledger: Ledger, mempool: TransactionSource, txHash: Uint8Array, includeProof: boolean): Promise<TxData | undefined> {
  const pooled = mempool.get(txHash)
  const found = pooled === undefined || includeProof ? await ledger.transaction(txHash) : undefined
  if (found !== undefined) return { txHash, data: found.data, proof: includeProof ? found.proof : null }
  return pooled === undefined ? undefined : { txHash, data: pooled.data, proof: null }
}

/** Encoded size: hash, length and bytes, option tag, proof. */
function txBytes ({ data, proof }: TxData): number {
  return HASH_BYTES + 8 + data.length + 1 + (proof === null ? 0 : 32 + 8 + 4 + 8 + proof.siblings.length * HASH_BYTES)
}
