/** A key is the number in steps of 2^-20 and the index of its item in 16 bits: with 17 bits for the number itself, all that is exact. */
const STEPS = 2 ** 20
const ITEMS = 2 ** 16

/**
 * The items by their number, highest first; in less than half the time of a comparison function, because only numbers are compared.
 * `numberOf` gives -2^16 to 2^16. Numbers less than 2^-20 apart count as equal, and may stand either way.
 */
export function sortDescending<T> (items: readonly T[], numberOf: (item: T) => number): T[] {
  if (items.length > ITEMS) return items.toSorted((a, b) => numberOf(b) - numberOf(a))
  const keys = new Float64Array(items.length)
  for (let at = 0; at < keys.length; at++) keys[at] = Math.floor(numberOf(items[at] as T) * STEPS) * ITEMS + at
  keys.sort()
  const sorted: T[] = []
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at] as number
    sorted.push(items[key - Math.floor(key / ITEMS) * ITEMS] as T)
  }
  return sorted
}
