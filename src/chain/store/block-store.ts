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
  /** Tries to write again after a failure. Throws `STORE_READ_ONLY`. */
  recover (): Promise<void>
  /** Flushes to the disk itself. May be called twice. */
  close (): Promise<void>
}
