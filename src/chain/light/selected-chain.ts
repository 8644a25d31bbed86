import { decode } from '../../wire/index.ts'
import { blockHeader } from '../block/header.ts'
import { createGrowingNumbers } from './growing.ts'
import type { HeaderRows } from './header-rows.ts'

/** The chain of selected parents below the tip, and what it merged. Rows are those of `HeaderRows`. */
export interface SelectedChain {
  /** Row of the tip. */
  readonly tip: number
  /** Height of the lowest row. */
  readonly base: number
  /** Row at a height of the selected chain; undefined where it has none. */
  at (height: number): number | undefined
  /** Height of the lowest selected block above or at `row`: its own when selected, that of the block that merged it, undefined when the tip does not build on it. */
  takenAt (row: number): number | undefined
  /** How many selected blocks would leave for a branch that ends in `row`, and how many it has above the fork. */
  fork (row: number): { readonly depth: number, readonly length: number }
  /** Makes `row` the tip. Returns how many selected blocks left. */
  select (row: number): number
}

/** The chain of one block, `root`. */
export function createSelectedChain (rows: HeaderRows, root: number): SelectedChain {
  const base = rows.height(root)
  let chain = [root]
  // height + 1 of the selected block that brought a row in
  const merged = createGrowingNumbers(256)

  const at = (height: number): number | undefined => chain[height - base]
  const isSelected = (row: number): boolean => at(rows.height(row)) === row
  /** Rows from above the chain up to `row`. */
  const branch = (row: number): number[] => {
    const above: number[] = []
    for (let step = row; step !== -1 && !isSelected(step); step = rows.parent(step)) above.push(step)
    return above.toReversed()
  }
  /** Marks what the newest block brought in beside its selected parent. */
  const merge = (head: number): void => {
    const open = [head]
    for (let row = open.pop(); row !== undefined; row = open.pop()) {
      for (const hash of decode(blockHeader, rows.header(row)).parents) {
        const parent = rows.find(hash)
        if (parent === -1 || isSelected(parent) || merged.get(parent) !== 0) continue
        merged.set(parent, rows.height(head) + 1)
        open.push(parent)
      }
    }
  }
  return {
    get tip () { return chain.at(-1) as number },
    base,
    at,
    takenAt (row) {
      if (isSelected(row)) return rows.height(row)
      const mark = merged.get(row)
      return mark === 0 ? undefined : mark - 1
    },
    fork (row) {
      const { length } = branch(row)
      return { depth: rows.height(chain.at(-1) as number) - (rows.height(row) - length), length }
    },
    select (row) {
      const above = branch(row)
      const fork = rows.height(row) - above.length
      const left = base + chain.length - 1 - fork
      if (left > 0) {
        chain = chain.slice(0, fork - base + 1)
        merged.clear(mark => mark > fork + 1)
      }
      for (const head of above) {
        chain.push(head)
        // a block that an older one merged may now be selected itself: the mark no longer counts
        merge(head)
      }
      return left
    }
  }
}
