import type { TypedEventTarget } from '@libp2p/interface'
import type { BlockData, BlockId, TxProof } from '../../protocols/index.ts'
import type { TosError } from '../errors/index.ts'
import type { BlockHeader } from './block/header.ts'
import type { ChainVerification, VerifyOptions } from './dag/chain-verify.ts'

/** A block as fork choice sees it. */
export interface BlockRef {
  readonly hash: Uint8Array
  readonly height: bigint
  /** Own difficulty and that of the selected chain below. */
  readonly cumulativeDifficulty: bigint
}

/** What became of a block that was offered. A block that breaks a rule throws `INVALID_BLOCK` instead. */
export type AddResult =
  /** `reorganised`: selected blocks that left the order below the tip for others, 0 when the tip just grew. */
  | { readonly status: 'accepted', readonly tipChanged: boolean, readonly reorganised: number }
  | { readonly status: 'known' }
  | { readonly status: 'orphan', readonly missing: Uint8Array[] }

/** A transaction found in a block. */
export interface FoundTransaction {
  readonly data: Uint8Array
  readonly proof: TxProof
}

/** A transaction whose form holds; its signature may be unchecked. The arrays may be views into `data`. */
export interface LedgerTransaction {
  readonly id: Uint8Array
  readonly data: Uint8Array
  readonly sender: Uint8Array
  readonly nonce: bigint
  readonly fee: bigint
  readonly energyUsed: bigint
  readonly priority: number
  readonly privacyLevel: number
}

/** What a miner needs to build the next block on the tip. */
export interface BlockTemplate {
  readonly parents: Uint8Array[]
  readonly height: bigint
  readonly difficulty: bigint
  /** Least timestamp the parents allow, Unix milliseconds. */
  readonly minTimestamp: bigint
}

/** Figures of the blocks on disk. Times are days of the blocks' own clocks. */
export interface ChainStats {
  /** Above genesis, on all branches. */
  readonly blocks: number
  readonly height: number
  readonly tips: number
  readonly transactions: number
  readonly accounts: number
  /** Blocks below the tip beside the selected chain, and blocks that nothing merged. */
  readonly merged: number
  readonly aside: number
  /** Bodies at this height and above are all held. */
  readonly prunedBelow: number
  /** Of the log on disk; 0 in memory. */
  readonly bytes: number
  readonly writable: boolean
  /** Undefined when the chain is too short to tell. */
  readonly growth?: { readonly overBlocks: number, readonly blocksPerDay: number, readonly bytesPerDay: number } | undefined
}

/** What pruning did. */
export interface PruneResult {
  /** Bodies dropped now. */
  readonly pruned: number
  readonly prunedBelow: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** What the operator of a ledger with a store of its own may ask of it. */
export interface LedgerUpkeep {
  /** Bodies at this height and above are all held; 0 when all are. */
  readonly prunedBelow: bigint
  /** False while the disk refuses blocks. */
  readonly writable: boolean
  stats (): Promise<ChainStats>
  /** See `verifyChain`. Throws `BUSY` when the log was written anew meanwhile, `ABORTED`, `STORE_CLOSED`. */
  verify (options?: Omit<VerifyOptions, 'network' | 'difficulty'>): Promise<ChainVerification>
  /** Drops the bodies more than `keep` (at least 288) below the tip, headers stay. Throws `USAGE`, `STORE_READ_ONLY`. */
  prune (keep: number): Promise<PruneResult>
}

/** What the ledger tells its listeners, in order of acceptance. */
export interface LedgerEvents {
  block: CustomEvent<{ readonly block: BlockData, readonly header: BlockHeader }>
  tip: CustomEvent<{ readonly tip: BlockRef, readonly reorganised: number }>
  /** The disk refused a write (`writable` false, with the error), or takes them again. */
  store: CustomEvent<{ readonly writable: boolean, readonly error?: TosError }>
  /** A heavier branch that would replace too many selected blocks was left aside: `REORG_TOO_DEEP`, once for each fork. */
  fork: CustomEvent<{ readonly depth: number, readonly error: TosError }>
  /** A body was found damaged on disk and is gone; `kept`: all else was saved, and the old log put aside. */
  damage: CustomEvent<{ readonly hash: Uint8Array, readonly height: number, readonly error: TosError, readonly kept: boolean }>
}

/**
 * The chain behind the protocols. The reference ledger (WIRE.md §9) is the embedded default; a real chain replaces it by
 * implementing this interface. Hashes are 32 bytes; times are Unix milliseconds.
 */
export interface Ledger extends TypedEventTarget<LedgerEvents> {
  readonly network: string
  /** Hash of block 0. */
  readonly genesis: Uint8Array
  /** Best block: highest cumulative difficulty, then the lower hash. */
  tip (): BlockRef
  /** Every block without a child, best first, at most 32. */
  tips (): BlockRef[]
  /** Absent where the store is not the ledger's own. */
  readonly upkeep?: LedgerUpkeep
  /** True when the block is held and valid; its body may be pruned. */
  has (hash: Uint8Array): boolean
  /** Header of a held block. */
  header (hash: Uint8Array): BlockHeader | undefined
  /** A held block with its transactions. Throws `BLOCK_PRUNED` when its body is gone. */
  block (hash: Uint8Array): Promise<BlockData | undefined>
  /** Names of the selected chain: 30 newest, then doubling steps, genesis last (≤64). */
  locator (): BlockId[]
  /**
   * Blocks below the tip after the first of `ids` that stands on the selected chain, in topological order (parents first), up to
   * `max` or to `stop` inclusive. Without a common id: from genesis on. `more` tells that the order goes on after the last one.
   * A single id is a cursor and may name any block below the tip: to page on, pass the last hash alone, because a locator cannot
   * tell how much of a merged branch has been seen.
   */
  after (ids: readonly BlockId[], stop: Uint8Array, max: number): { hashes: Uint8Array[], more: boolean }
  /** Selected-chain hashes of heights `start` to `start + count - 1`, as far as they exist. */
  atHeights (start: bigint, count: number): Uint8Array[]
  /** Checks form and proof of work of a header alone. Throws `INVALID_BLOCK`. */
  checkHeader (header: Uint8Array): { header: BlockHeader, hash: Uint8Array }
  /**
   * Validates and stores one block. Calls may overlap; they are applied in order. Throws `INVALID_BLOCK` with `details.rule`,
   * `BUSY` when too many bytes wait, `STORE_READ_ONLY` while the disk refuses writes, `STORE_CLOSED`.
   */
  add (block: BlockData): Promise<AddResult>
  /** What to mine on. */
  template (): BlockTemplate
  /** A transaction in a block of the selected order, with its Merkle proof; undefined also when the block's body is gone. */
  transaction (id: Uint8Array): Promise<FoundTransaction | undefined>
  /** The nonce the next transaction of `sender` must carry on the tip. */
  nextNonce (sender: Uint8Array): bigint
  /** Checks form and signature of transaction bytes, not the nonce. Throws `INVALID_TRANSACTION` (`details.rule` `form` or `signature`). */
  checkTransaction (data: Uint8Array): LedgerTransaction
  /** Checks the form of transaction bytes and works out their id. Throws `INVALID_TRANSACTION` with rule `form`. */
  readTransaction (data: Uint8Array): LedgerTransaction
  /** Checks the signature of what `readTransaction` gave, at once. Throws `INVALID_TRANSACTION` with rule `signature`. */
  verifyTransaction (transaction: LedgerTransaction): void
  /**
   * The same for many, off the event loop: verdicts in their order. Rejects with `BUSY` when too many wait, `NODE_STOPPED` when the ledger is
   * closed, `INTERNAL` when a worker died; then nothing is said of any of them.
   */
  verifyTransactions (transactions: readonly LedgerTransaction[]): Promise<boolean[]>
  /** Sizes of everything held, by name. */
  dump (): Record<string, number>
  close (): Promise<void>
}
