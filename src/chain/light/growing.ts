/** Bytes that are appended to and read; the array behind them doubles. */
export interface GrowingBytes {
  readonly length: number
  /** A view that the next `push` may detach: copy what is kept. */
  view (start: number, end: number): Uint8Array
  push (bytes: Uint8Array): void
}

/** An empty list of bytes with room for `capacity`. Works in a browser. */
export function createGrowingBytes (capacity: number): GrowingBytes {
  let values = new Uint8Array(capacity)
  let length = 0
  return {
    get length () { return length },
    view: (start, end) => values.subarray(start, end),
    push (bytes) {
      if (length + bytes.length > values.length) {
        const next = new Uint8Array(Math.max(length + bytes.length, values.length * 2))
        next.set(values)
        values = next
      }
      values.set(bytes, length)
      length += bytes.length
    }
  }
}

/** Whole numbers below 2^32, by row; zero where nothing was set. */
export interface GrowingNumbers {
  get (row: number): number
  set (row: number, value: number): void
  /** Sets every row to zero whose value `test` picks. */
  clear (test: (value: number) => boolean): void
  readonly bytes: number
}

/** An empty list of numbers with room for `capacity`. */
export function createGrowingNumbers (capacity: number): GrowingNumbers {
  let values = new Uint32Array(capacity)
  return {
    get: row => values[row] ?? 0,
    set (row, value) {
      if (row >= values.length) {
        const next = new Uint32Array(Math.max(row + 1, values.length * 2))
        next.set(values)
        values = next
      }
      values[row] = value
    },
    clear (test) {
      for (const [row, value] of values.entries()) if (value !== 0 && test(value)) values[row] = 0
    },
    get bytes () { return values.byteLength }
  }
}
