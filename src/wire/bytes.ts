/** Node's `Buffer`, whose methods are several times as fast as plain arrays'; browsers have none, and get the same results the plain way. */
const buffer = globalThis.Buffer as BufferConstructor | undefined
const utf8 = new TextEncoder()

/** Memory whose bytes are unspecified: write all of them. On Node carved from a shared slab. */
export const allocate: (length: number) => Uint8Array = buffer === undefined ? plainArray : length => buffer.allocUnsafe(length)

/** The same, with an `ArrayBuffer` of its own. */
export const allocateOwn: (length: number) => Uint8Array = buffer === undefined ? plainArray : length => new Uint8Array(buffer.allocUnsafeSlow(length).buffer)

function plainArray (length: number): Uint8Array {
  return new Uint8Array(length)
}

/** The bytes from `start` to `end` as text, one character each (ISO 8859-1). */
export const latin1: (bytes: Uint8Array, start: number, end: number) => string = buffer === undefined ? plainLatin1 : nodeLatin1(buffer)

function nodeLatin1 ({ prototype: { latin1Slice } }: BufferConstructor): typeof plainLatin1 {
  return (bytes, start, end) => latin1Slice.call(bytes, start, end)
}

function plainLatin1 (bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number)
  return text
}

/** Negative, zero or positive as `a` stands before, at or after `b`, bytewise. */
export const compareBytes: (a: Uint8Array, b: Uint8Array) => number = buffer === undefined ? plainCompare : (a, b) => buffer.compare(a, b)

function plainCompare (a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  return a.length - b.length
}

/** One array out of several. */
export function concatBytes (...parts: readonly Uint8Array[]): Uint8Array {
  const whole = allocate(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The text in UTF-8. */
export function utf8Bytes (text: string): Uint8Array {
  return utf8.encode(text)
}
