/** What was wrong with a store when it was opened, and what was done about it. Code `STORE_CORRUPT` in logs. */
export interface StoreRecovery {
  readonly code: 'STORE_CORRUPT'
  /** Blocks that survived: numbers 1 to `kept`, without a gap. */
  readonly kept: number
  /** Blocks known to be lost. */
  readonly dropped: number
  /** One sentence for the operator. */
  readonly reason: string
  /** Where the damaged log was put aside, when it was rewritten. */
  readonly setAside?: string
}

/** Receives the blocks of an opened store in order; a throw marks that block and all after it as damaged. */
export type BlockVisitor = (block: Uint8Array, number: number) => void

/** As `BlockVisitor`, but may take its time. */
export type AsyncBlockVisitor = (block: Uint8Array, number: number) => Promise<void> | void

/** How far a walk through the log came. */
export interface StoreScan {
  readonly count: number
  /** What was wrong with block `count + 1`; undefined when all is well. */
  readonly fault: string | undefined
  /** Block `count + 2` when `count + 1` is at fault and this one is sound. */
  readonly next?: Uint8Array | undefined
}

/** Gives what is to stand in the place of a block, undefined to keep it. `block` is undefined when it is damaged: then there is no keeping it. */
export type BlockReplacer = (block: Uint8Array | undefined, number: number) => Uint8Array | undefined

/**
 * An append-only log of encoded blocks, numbered from 1. The ledger appends a block after validating it and reads it back by number.
 */
export interface BlockStore {
  /** Hands every block to `visit`; once, before anything else. Damage ends the log there. */
  load (visit: BlockVisitor): Promise<StoreRecovery | undefined>
  /** Number of the last block. */
  readonly count: number
  /** False after a refused write, until `recover` succeeds. */
  readonly writable: boolean
  /** Resolves when the block survives the end of this process. Throws `STORE_READ_ONLY` or `STORE_CLOSED`. */
  append (block: Uint8Array): Promise<void>
  /** Throws `STORE_CORRUPT` when the record does not verify, `BLOCK_NOT_FOUND`, `STORE_CLOSED`. */
  read (number: number): Promise<Uint8Array>
  /** Hands every block to `visit` once more, checking the hash chain again; the first damage ends it. Throws `STORE_CLOSED`. */
  scan (visit: AsyncBlockVisitor): Promise<StoreScan>
  /**
   * Makes a new log with what `replace` gives; the old one stands until the new one is complete, and is put aside afterwards when
   * `keepOld` says so. No append may be under way. Throws `STORE_READ_ONLY`, which leaves the old log in use, or `STORE_CLOSED`.
   */
  rewrite (replace: BlockReplacer, options: { readonly keepOld: boolean }): Promise<void>
  /** Bytes of the log on disk, 0 in memory. */
  bytes (): Promise<number>
  /** Tries to write again after a failure. Throws `STORE_READ_ONLY`. */
  recover (): Promise<void>
  /** Flushes to the disk itself. May be called twice. */
  close (): Promise<void>
}
