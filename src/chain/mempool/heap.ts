/** A binary heap: `pop` gives the item that comes before all others. */
export interface Heap<T> {
  readonly size: number
  push (item: T): void
  pop (): T | undefined
  /** What `pop` would give. */
  peek (): T | undefined
}

/**
 * Creates a heap of `items`; `before(a, b)` is true when `a` must come out first. `push` and `pop` take time
 * logarithmic in the size; equal items come out in any order.
 */
export function createHeap<T> (before: (a: T, b: T) => boolean, items: Iterable<T> = []): Heap<T> {
  const list: T[] = []
  const heap: Heap<T> = {
    get size () { return list.length },
    push (item) {
      list.push(item)
      rise(list, list.length - 1, before)
    },
    peek: () => list[0],
    pop () {
      const first = list[0]
      const last = list.pop()
      if (list.length > 0 && last !== undefined) {
        list[0] = last
        sink(list, before)
      }
      return first
    }
  }
  for (const item of items) heap.push(item)
  return heap
}

/** Lets the item at `start` change places with its parent as long as it comes before it. */
function rise<T> (list: T[], start: number, before: (a: T, b: T) => boolean): void {
  let at = start
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(list[at] as T, list[parent] as T)) return
    swap(list, at, parent)
    at = parent
  }
}

/** Lets the first item change places with the better of its children as long as one comes before it. */
function sink<T> (list: T[], before: (a: T, b: T) => boolean): void {
  let at = 0
  for (;;) {
    const left = at * 2 + 1
    if (left >= list.length) return
    const right = left + 1
    const child = right < list.length && before(list[right] as T, list[left] as T) ? right : left
    if (!before(list[child] as T, list[at] as T)) return
    swap(list, at, child)
    at = child
  }
}

function swap<T> (list: T[], a: number, b: number): void {
  const kept = list[a] as T
  list[a] = list[b] as T
  list[b] = kept
}
