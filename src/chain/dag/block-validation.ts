import { setImmediate } from 'node:timers/promises'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { BlockDag } from './block-dag.ts'
import { checkConsistency, checkHeaderAlone, checkLinks, checkRoot, invalidBlock } from '../block/block-rules.ts'
import type { CheckedHeader, HeaderRules } from '../block/block-rules.ts'
import type { BlockNumber } from './dag-index.ts'
import { checkNonces } from '../block/nonce-rule.ts'
import type { ParsedTransaction, TransactionChecks } from '../block/transaction-checks.ts'

/** What validation found: a new block that holds, one that is here already, or one whose parents are not. */
export type Verdict =
  | { readonly status: 'valid', readonly checked: CheckedHeader, readonly parents: BlockNumber[], readonly transactions: ParsedTransaction[] }
  | { readonly status: 'known' }
  | { readonly status: 'orphan', readonly missing: Uint8Array[] }

// about 4 ms of parsing
const SLICE = 1000

/**
 * Every rule of a block, the cheap ones first; signatures come last and run off the event loop. The DAG must not change meanwhile.
 * Throws `INVALID_BLOCK`.
 */
export async function validateBlock (block: BlockData, rules: HeaderRules, dag: BlockDag, checks: TransactionChecks): Promise<Verdict> {
  const checked = checkHeaderAlone(block.header, rules)
  const { header } = checked
  if (dag.index.find(checked.hash) !== -1) return { status: 'known' }
  checkConsistency(block, checked)
  const parents = header.parents.map(parent => dag.index.find(parent))
  if (parents.includes(-1)) return { status: 'orphan', missing: header.parents.filter((_, i) => parents[i] === -1) }
  checkLinks(header, parents.map(parent => ({ height: dag.index.height(parent), timestamp: dag.index.timestamp(parent) })), bestOf(parents, dag))
  const transactions = await parseAll(block.transactions, checks)
  checkRoot(header, transactions.map(({ id }) => id))
  if (transactions.length > 0) {
    const { past, merged } = dag.below(parents)
    checkNonces(transactions.map(({ value }) => value), past, merged, dag.transactions)
  }
  // a transaction that any held block has was verified then
  const fresh = transactions.filter(({ id }) => dag.transactions.find(id) === -1)
  await checks.verifyAll(fresh).catch((error: unknown) => { throw inBlock(error, transactions.indexOf(fresh[indexOf(error)] as ParsedTransaction)) })
  return { status: 'valid', checked, parents, transactions }
}

function bestOf (parents: readonly BlockNumber[], dag: BlockDag): number {
  return parents.reduce((best, parent, i) => dag.index.better(parent, parents[best] as BlockNumber) ? i : best, 0)
}

async function parseAll (list: readonly Uint8Array[], checks: TransactionChecks): Promise<ParsedTransaction[]> {
  const parsed: ParsedTransaction[] = []
  for (const [i, data] of list.entries()) {
    if (i > 0 && i % SLICE === 0) await setImmediate()
    try {
      parsed.push(checks.parse(data))
    } catch (error) {
      throw inBlock(error, i)
    }
  }
  return parsed
}

function indexOf (error: unknown): number {
  return error instanceof TosError && typeof error.details?.index === 'number' ? error.details.index : 0
}

function inBlock (error: unknown, index: number): TosError {
  if (!(error instanceof TosError) || error.code !== 'INVALID_TRANSACTION') return new TosError('INTERNAL', 'a transaction could not be checked', { cause: error })
  return invalidBlock('transaction', `transaction ${index}: ${error.message}`, { index, transactionRule: error.details?.rule }, error)
}
