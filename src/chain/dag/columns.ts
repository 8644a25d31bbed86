/** A growing list of u32 numbers in one typed array: 4 bytes each, nothing for the garbage collector to walk. */
export interface U32Column {
  readonly length: number
  /** Zero where nothing was set. */
  get (row: number): number
  set (row: number, value: number): void
  push (value: number): void
  /** Forgets all rows from `length` on. */
  truncate (length: number): void
}

/** A growing list of equally long byte strings in one typed array. */
export interface ByteColumn {
  readonly length: number
  readonly width: number
  /** A view that the next `push` may detach from the column: copy what is kept. */
  view (row: number): Buffer
  copy (row: number): Buffer
  equals (row: number, bytes: Uint8Array): boolean
  push (bytes: Uint8Array): number
}

/** `capacity` rows at first; doubles when full. */
export function createU32Column (capacity = 256): U32Column {
  let values = new Uint32Array(capacity)
  let length = 0
  const ensure = (rows: number): void => {
    if (rows > values.length) {
      const next = new Uint32Array(Math.max(rows, values.length * 2))
      next.set(values)
      values = next
    }
    length = Math.max(length, rows)
  }
  return {
    get length () { return length },
    get: row => row < length ? values[row] as number : 0,
    set (row, value) { ensure(row + 1); values[row] = value },
    push (value) { ensure(length + 1); values[length - 1] = value },
    truncate (to) {
      if (to >= length) return
      values.fill(0, to, length)
      length = to
    }
  }
}

/** Rows of `width` bytes, `capacity` of them at first; doubles when full. */
export function createByteColumn (width: number, capacity = 256): ByteColumn {
  let values = Buffer.allocUnsafeSlow(width * capacity)
  let length = 0
  return {
    get length () { return length },
    width,
    view: row => values.subarray(row * width, (row + 1) * width),
    copy: row => Buffer.from(values.subarray(row * width, (row + 1) * width)),
    equals: (row, bytes) => values.compare(bytes, 0, width, row * width, (row + 1) * width) === 0,
    push (bytes) {
      if (bytes.length !== width) throw new RangeError(`a row has ${width} bytes, not ${bytes.length}`)
      if ((length + 1) * width > values.length) {
        const next = Buffer.allocUnsafeSlow(values.length * 2)
        next.set(values)
        values = next
      }
      values.set(bytes, length * width)
      return length++
    }
  }
}
