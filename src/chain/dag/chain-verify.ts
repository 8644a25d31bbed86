import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { checkConsistency, checkHeaderAlone, checkLinks, checkRoot } from '../block/block-rules.ts'
import { genesisOf } from '../block/genesis.ts'
import { checkNonces } from '../block/nonce-rule.ts'
import { targetOf } from '../block/proof-of-work.ts'
import { createTransactionChecks } from '../block/transaction-checks.ts'
import type { TransactionChecks } from '../block/transaction-checks.ts'
import type { BlockStore } from '../store/block-store.ts'
import { createBlockDag } from './block-dag.ts'
import type { BlockDag } from './block-dag.ts'
import { linked, readStored } from './stored-block.ts'
import type { StoredBlock } from './stored-block.ts'

/** The first block of a log that does not hold. */
export interface ChainDamage {
  /** Its number in the log, from 1. */
  readonly number: number
  readonly reason: string
  /** As far as it can still be read. */
  readonly height?: number
  readonly hash?: string
}

/** What a verification found; `blocks` were sound, `pruned` of them without their body. */
export interface ChainVerification {
  readonly blocks: number
  readonly pruned: number
  readonly transactions: number
  readonly height: number
  readonly signatures: boolean
  /** The last sound block of the log. */
  readonly last: { readonly number: number, readonly height: number, readonly hash: string }
  readonly damage?: ChainDamage
}

/** How to verify. */
export interface VerifyOptions {
  readonly network: string
  readonly difficulty: bigint
  /** Also verify every signature, about 0.1 ms each (default false). */
  readonly signatures?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly blocks: number, readonly transactions: number }) => void
}

/**
 * Walks every block of a log: its hash chain, form, header hash, work, links to its parents, nonces and Merkle root. Damage is a
 * result, not an error. Throws `ABORTED` and what the store's `scan` throws.
 */
export async function verifyChain (store: Pick<BlockStore, 'scan'>, { network, difficulty, signatures = false, signal, onProgress }: VerifyOptions): Promise<ChainVerification> {
  const dag = createBlockDag(genesisOf(network))
  const checks = createTransactionChecks(network)
  // when it came in, no block was ahead of its time
  const rules = { difficulty, target: targetOf(difficulty), now: Number.MAX_SAFE_INTEGER }
  const sums = { pruned: 0, transactions: 0, height: 0 }
  let current: StoredBlock | undefined
  try {
    const { count, fault, next } = await store.scan(async (bytes, number) => {
      if (signal?.aborted === true) throw new TosError('ABORTED', 'the verification was cancelled')
      current = undefined
      current = readStored(bytes, checks)
      checkStored(current, rules, dag)
      if (signatures && current.block !== undefined) await verifySignatures(current.block, checks)
      dag.add(linked(current, dag))
      if (current.block === undefined) sums.pruned++
      sums.transactions += current.transactions.length
      sums.height = Math.max(sums.height, Number(current.fields.height))
      onProgress?.({ blocks: number, transactions: sums.transactions })
    })
    if (signal?.aborted === true) throw new TosError('ABORTED', 'the verification was cancelled')
    const last = { number: count, height: dag.index.height(count), hash: toHex(dag.index.hash(count)) }
    const result = { blocks: count, ...sums, signatures, last }
    return fault === undefined ? result : { ...result, damage: damageAt(count, fault, { current, next: readOrNot(next, checks) }, dag) }
  } finally {
    await checks.stop()
  }
}

function checkStored (stored: StoredBlock, rules: Parameters<typeof checkHeaderAlone>[1], dag: BlockDag): void {
  const { fields, block, transactions } = stored
  const checked = checkHeaderAlone(stored.header, rules)
  if (block !== undefined) checkConsistency(block, checked)
  const { parents } = linked(stored, dag)
  const best = parents.reduce((first, parent, i) => dag.index.better(parent, parents[first] as number) ? i : first, 0)
  checkLinks(fields, parents.map(parent => ({ height: dag.index.height(parent), timestamp: dag.index.timestamp(parent) })), best)
  checkRoot(fields, transactions.map(({ id }) => id))
  if (transactions.length === 0) return
  const { past, merged } = dag.below(parents)
  checkNonces(transactions.map(({ sender, nonce }) => ({ sender, nonce: BigInt(nonce) })), past, merged, dag.transactions)
}

function verifySignatures ({ transactions }: BlockData, checks: TransactionChecks): Promise<void> {
  return checks.verifyAll(transactions.map(data => checks.parse(data)))
}

/** One that broke a rule was read; one that the hash chain refused never came to the visitor, but the block behind it may name it. */
function damageAt (count: number, reason: string, { current, next }: { readonly current: StoredBlock | undefined, readonly next: StoredBlock | undefined }, { index }: BlockDag): ChainDamage {
  const number = count + 1
  if (current !== undefined && index.find(current.hash) === -1) return { number, reason, height: Number(current.fields.height), hash: toHex(current.hash) }
  const parents = next?.fields.parents.filter(parent => index.find(parent) === -1) ?? []
  if (next === undefined || parents.length !== 1) return { number, reason }
  return { number, reason, height: Number(next.fields.height) - 1, hash: toHex(parents[0] as Uint8Array) }
}

function readOrNot (bytes: Uint8Array | undefined, checks: TransactionChecks): StoredBlock | undefined {
  try {
    return bytes === undefined ? undefined : readStored(bytes, checks)
  } catch {
    // it stands behind the damage: what it says is a help, not a finding
    return undefined
  }
}
