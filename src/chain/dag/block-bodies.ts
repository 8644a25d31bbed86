import { blockData } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError, toTosError } from '../../errors/index.ts'
import { decode } from '../../wire/index.ts'
import { isStub } from '../store/block-stub.ts'
import type { BlockStore } from '../store/block-store.ts'
import type { BlockDag } from './block-dag.ts'
import type { BlockNumber } from './dag-index.ts'
import { stubOf } from './stored-block.ts'

/** The bodies of a ledger's blocks: read, pruned, and replaced by stubs where the disk damaged them. */
export interface BlockBodies {
  /** Bodies at this height and above are all held; 0 when all are. */
  readonly prunedBelow: number
  /** A record of the log that was a stub already. */
  noteStub (height: number): void
  /** Not for genesis. Throws `BLOCK_PRUNED` when the body is gone, also by damage just found, and what the store throws. */
  read (block: BlockNumber): Promise<BlockData>
  /** Replaces all bodies below `height` by stubs, and returns how many. Throws `STORE_READ_ONLY`. */
  prune (height: number): Promise<number>
  /** Resolves when no replacement of a damaged body is under way. */
  idle (): Promise<void>
}

/** What `createBlockBodies` needs. */
export interface BodiesDeps {
  readonly store: BlockStore
  readonly dag: BlockDag
  /** Runs a job while no block is being added. */
  readonly inTurn: <T>(job: () => Promise<T>) => Promise<T>
  /** Told once of each damaged body; `kept` says whether everything else could be saved. */
  readonly onDamage: (damage: { readonly block: BlockNumber, readonly error: TosError, readonly kept: boolean }) => void
}

/** A body that the disk damaged becomes a stub made from memory, in a new log; the old log is put aside. */
export function createBlockBodies ({ store, dag, inTurn, onDamage }: BodiesDeps): BlockBodies {
  // as many as the disk damages while this process runs and the log could not be written anew
  const lost = new Set<BlockNumber>()
  let prunedBelow = 0
  let healing: Promise<void> = Promise.resolve()

  const noteStub = (height: number): void => { prunedBelow = Math.max(prunedBelow, height + 1) }
  const pruned = (block: BlockNumber, cause?: unknown): TosError => new TosError('BLOCK_PRUNED', `the body of the block at height ${dag.index.height(block)} is not held any more`, {
    details: { height: dag.index.height(block) }, ...(cause === undefined ? {} : { cause })
  })
  const heal = async (block: BlockNumber, error: TosError): Promise<void> => {
    let kept = true
    try {
      await inTurn(() => store.rewrite((bytes, number) => {
        if (bytes !== undefined) return undefined
        lost.add(number)
        noteStub(dag.index.height(number))
        return stubOf(number, dag)
      }, { keepOld: true }))
      lost.clear()
    } catch {
      // a full disk, or the ledger closes: the next start finds the damage again
      kept = false
    }
    onDamage({ block, error, kept })
  }

  return {
    get prunedBelow () { return prunedBelow },
    noteStub,
    async read (block) {
      if (lost.has(block)) throw pruned(block)
      const bytes = await store.read(block).catch((error: unknown) => {
        if (!(error instanceof TosError) || error.code !== 'STORE_CORRUPT') throw error
        if (!lost.has(block)) {
          lost.add(block)
          noteStub(dag.index.height(block))
          healing = healing.then(() => heal(block, error))
        }
        throw pruned(block, error)
      })
      if (isStub(bytes)) throw pruned(block)
      try {
        return decode(blockData, bytes)
      } catch (error) {
        throw toTosError(error, 'STORE_CORRUPT')
      }
    },
    prune: height => inTurn(async () => {
      let count = 0
      await store.rewrite((bytes, number) => {
        if (bytes !== undefined && (dag.index.height(number) >= height || isStub(bytes))) return undefined
        count++
        noteStub(dag.index.height(number))
        return stubOf(number, dag)
      }, { keepOld: false })
      prunedBelow = Math.max(prunedBelow, height)
      return count
    }),
    idle: () => healing
  }
}
