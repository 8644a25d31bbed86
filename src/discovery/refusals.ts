import { toTosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'

/** How many of something were refused, by code. */
export type Refusals = Readonly<Partial<Record<TosErrorCode, number>>>

/** Runs `read` over `items`; what it throws is counted by its code, and the rest goes on. */
export function readEach<T, R> (items: readonly T[], read: (item: T) => R): { values: R[], refused: Partial<Record<TosErrorCode, number>> } {
  const values: R[] = []
  const refused: Partial<Record<TosErrorCode, number>> = {}
  for (const item of items) {
    try {
      values.push(read(item))
    } catch (error) {
      countRefusal(refused, toTosError(error).code)
    }
  }
  return { values, refused }
}

/** Adds `count` refusals of one code. */
export function countRefusal (refused: Partial<Record<TosErrorCode, number>>, code: TosErrorCode, count = 1): void {
  if (count > 0) refused[code] = (refused[code] ?? 0) + count
}
