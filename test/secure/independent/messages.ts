import { concatBytes } from '@noble/hashes/utils.js'

/** What a peer says of itself in M2 and M3. */
export interface Hello {
  readonly genesis: Uint8Array
  readonly nodeType: number
  readonly services: bigint
  readonly height: bigint
  readonly tips: readonly Uint8Array[]
  readonly userAgent: string
}

/** Codes of protocols/README.md, section 4. */
export const TYPE = { PING: 0x01, PONG: 0x02, M1: 0x7f01, M2: 0x7f02, M3: 0x7f03, GOODBYE: 0x7f04, ERROR: 0x7f07 } as const

const u64 = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}
const tag = (variant: number): Uint8Array => Uint8Array.of(variant, 0, 0, 0)
const text = (value: string): Uint8Array => {
  const bytes = new TextEncoder().encode(value)
  return concatBytes(u64(BigInt(bytes.length)), bytes)
}

/** Reads values in order; throws when there is not enough, or more than `most`. */
class Reader {
  #at = 0
  readonly #bytes: Uint8Array
  constructor (bytes: Uint8Array) { this.#bytes = bytes }

  bytes (length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Error('cut off')
    return this.#bytes.slice(this.#at, this.#at += length)
  }

  number (length: number): bigint { return this.bytes(length).reduceRight((value, byte) => value << 8n | BigInt(byte), 0n) }

  count (most: number): number {
    const count = this.number(8)
    if (count > BigInt(most)) throw new Error(`a count of ${count}`)
    return Number(count)
  }

  text (most: number): string { return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes(this.count(most))) }

  rest (): Uint8Array { return this.#bytes.slice(this.#at) }
}

/** The bytes of a Hello. */
export function encodeHello (hello: Hello): Uint8Array {
  return concatBytes(hello.genesis, Uint8Array.of(hello.nodeType), u64(hello.services), u64(hello.height), u64(BigInt(hello.tips.length)), ...hello.tips, text(hello.userAgent))
}

/** A Hello with nothing left over. */
export function decodeHello (bytes: Uint8Array): Hello {
  const from = new Reader(bytes)
  const hello = {
    genesis: from.bytes(32),
    nodeType: Number(from.number(1)),
    services: from.number(8),
    height: from.number(8),
    tips: Array.from({ length: from.count(32) }, () => from.bytes(32)),
    userAgent: from.text(256)
  }
  if (from.rest().length > 0) throw new Error('bytes left over')
  return hello
}

/** A PING: nonce, user agent, no services, seconds since 1970. */
export function encodePing (nonce: bigint, timestamp: bigint): Uint8Array {
  return concatBytes(tag(0), u64(nonce), text('independent/1'), u64(0n), u64(timestamp))
}

/** The nonce of a PING or a PONG, whose first field it is; `variant` is 0 or 1. */
export function nonceOf (payload: Uint8Array, variant: number): bigint {
  const from = new Reader(payload)
  if (from.number(4) !== BigInt(variant)) throw new Error('another tag')
  return from.number(8)
}

/** A PONG to the PING of that nonce. */
export function encodePong (nonce: bigint, timestamp: bigint): Uint8Array {
  return concatBytes(tag(1), u64(nonce), u64(timestamp))
}

/** Why a peer leaves. */
export function reasonOf (goodbye: Uint8Array): number {
  return Number(new Reader(goodbye).number(2))
}
