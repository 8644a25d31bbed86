/** Items of several owners, handed out one owner after the other: a long queue delays only its own. */
export interface FairQueue<T> {
  push (owner: string, item: T): void
  /** The next item of the next owner that `mayRun` lets through. An item that stands in several queues stays in the others. */
  next (mayRun: (owner: string) => boolean): { readonly owner: string, readonly item: T } | undefined
  remove (owner: string, item: T): void
}

/** Unbounded by itself: whoever pushes keeps the count. */
export function createFairQueue<T> (): FairQueue<T> {
  // both a Map and a Set iterate in order of insertion, which makes the turn and the queue
  const owners = new Map<string, Set<T>>()
  return {
    push (owner, item) {
      const items = owners.get(owner)
      if (items === undefined) owners.set(owner, new Set([item]))
      else items.add(item)
    },
    next (mayRun) {
      for (const [owner, items] of owners) {
        if (!mayRun(owner)) continue
        const [item] = items
        items.delete(item as T)
        // to the end of the line
        owners.delete(owner)
        if (items.size > 0) owners.set(owner, items)
        return { owner, item: item as T }
      }
      return undefined
    },
    remove (owner, item) {
      const items = owners.get(owner)
      if (items?.delete(item) === true && items.size === 0) owners.delete(owner)
    }
  }
}
