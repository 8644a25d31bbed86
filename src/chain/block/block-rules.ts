import { BLOCK_LIMITS, blockBytes } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { decode } from '../../wire/index.ts'
import { sameBytes, sha3 } from './hash.ts'
import { MAX_PARENTS, blockHeader } from './header.ts'
import type { BlockHeader } from './header.ts'
import { merkleRoot } from './merkle.ts'
import { meetsTarget } from './proof-of-work.ts'

/** How far ahead of our clock a block may be, milliseconds. */
export const MAX_AHEAD_MS = 120_000

/** `details.rule` of an `INVALID_BLOCK`. */
export type BlockRule =
  | 'header' | 'version' | 'parent-count' | 'duplicate-parent' | 'difficulty' | 'proof-of-work' | 'timestamp-ahead'
  | 'block-hash' | 'block-height' | 'block-parents' | 'size'
  | 'height' | 'selected-parent' | 'timestamp-before-parent'
  | 'transaction' | 'tx-root' | 'nonce'

/** An `INVALID_BLOCK` that names the rule. */
export function invalidBlock (rule: BlockRule, message: string, facts: Readonly<Record<string, unknown>> = {}, cause?: unknown): TosError {
  return new TosError('INVALID_BLOCK', message, { details: { rule, ...facts }, ...(cause === undefined ? {} : { cause }) })
}

/** What a header is measured against. */
export interface HeaderRules {
  readonly difficulty: bigint
  readonly target: Uint8Array
  /** Unix milliseconds. */
  readonly now: number
}

/** A header that holds by itself. */
export interface CheckedHeader {
  readonly header: BlockHeader
  readonly hash: Uint8Array
}

/** The rules that need the header alone. Throws `INVALID_BLOCK`. */
export function checkHeaderAlone (bytes: Uint8Array, { difficulty, target, now }: HeaderRules): CheckedHeader {
  let header: BlockHeader
  try {
    header = decode(blockHeader, bytes)
  } catch (cause) {
    throw invalidBlock('header', 'the header bytes are not a header', { size: bytes.length }, cause)
  }
  if (header.version !== 1) throw invalidBlock('version', `header version ${header.version} is unknown`)
  checkParentList(header.parents)
  if (header.difficulty !== difficulty) throw invalidBlock('difficulty', `difficulty ${header.difficulty} is not the network's ${difficulty}`)
  const hash = sha3(bytes)
  if (!meetsTarget(hash, target)) throw invalidBlock('proof-of-work', `the hash does not meet difficulty ${difficulty}`)
  // the clock last: such a block may be right in a minute, and any other fault never is
  const ahead = header.timestamp - BigInt(Math.floor(now))
  if (ahead > BigInt(MAX_AHEAD_MS)) throw invalidBlock('timestamp-ahead', `the block is ${ahead} ms ahead of our clock`, { aheadMs: ahead })
  return { header, hash }
}

function checkParentList (parents: readonly Uint8Array[]): void {
  if (parents.length < 1 || parents.length > MAX_PARENTS) throw invalidBlock('parent-count', `${parents.length} parents are not 1 to ${MAX_PARENTS}`)
  for (const [i, parent] of parents.entries()) {
    if (parents.slice(0, i).some(other => sameBytes(other, parent))) throw invalidBlock('duplicate-parent', `parent ${i} stands twice`)
  }
}

/** What a block says beside its header must say the same. Throws `INVALID_BLOCK`. */
export function checkConsistency (block: BlockData, { header, hash }: CheckedHeader): void {
  if (!sameBytes(block.hash, hash)) throw invalidBlock('block-hash', 'the block is not named by the hash of its header')
  if (block.height !== header.height) throw invalidBlock('block-height', `height ${block.height} is not the header's ${header.height}`)
  if (block.parents.length !== header.parents.length || block.parents.some((parent, i) => !sameBytes(parent, header.parents[i] as Uint8Array))) {
    throw invalidBlock('block-parents', 'the parents are not the header\'s')
  }
  const size = blockBytes(block)
  if (size > BLOCK_LIMITS.blockBytes) throw invalidBlock('size', `${size} bytes exceed ${BLOCK_LIMITS.blockBytes}`)
  if (block.transactions.length > BLOCK_LIMITS.transactions) throw invalidBlock('size', `${block.transactions.length} transactions exceed ${BLOCK_LIMITS.transactions}`)
}

/** What the rules need to know of a parent. */
export interface ParentFacts {
  readonly height: number
  /** Unix milliseconds. */
  readonly timestamp: bigint
}

/** How a header must follow from its parents, which stand in its order; `best` is the index of the one fork choice prefers. Throws `INVALID_BLOCK`. */
export function checkLinks (header: BlockHeader, parents: readonly ParentFacts[], best: number): void {
  if (best !== 0) throw invalidBlock('selected-parent', `parent ${best} has more work below it than the first`)
  const height = 1n + BigInt(Math.max(...parents.map(parent => parent.height)))
  if (header.height !== height) throw invalidBlock('height', `height ${header.height} does not follow its parents' ${height - 1n}`)
  for (const [i, { timestamp }] of parents.entries()) {
    if (header.timestamp < timestamp) throw invalidBlock('timestamp-before-parent', `the block is ${timestamp - header.timestamp} ms older than parent ${i}`)
  }
}

/** Throws `INVALID_BLOCK`. */
export function checkRoot (header: BlockHeader, ids: readonly Uint8Array[]): void {
  if (!sameBytes(header.txRoot, merkleRoot(ids))) throw invalidBlock('tx-root', 'the transactions are not those of the header')
}
