import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { TosError } from '../../errors/index.ts'
import { encode, toHex } from '../../wire/index.ts'
import { blockHeader, nonceOffset } from './header.ts'
import type { BlockHeader } from './header.ts'
import { targetOf } from './proof-of-work.ts'

/** How far to search, and who may stop it. */
export interface MineOptions {
  readonly signal?: AbortSignal | undefined
  /** Nonces to try (default 2^53 − 1). */
  readonly maxTries?: number
  /** Called after each slice of about 4 ms, before the event loop gets its turn; `tries` so far. */
  readonly onYield?: (tries: number) => void
}

/** A header that meets its own difficulty. */
export interface MinedHeader {
  readonly header: Uint8Array
  readonly hash: Uint8Array
  readonly nonce: bigint
  readonly tries: number
}

// a slice of about 4 ms on a slow core
const SLICE = 2048

/**
 * Searches from `header.nonce` upwards for a nonce whose hash meets `header.difficulty`, patching it in place. Undefined after `maxTries` without one.
 * Throws `ABORTED`.
 */
export async function mineHeader (header: BlockHeader, { signal, maxTries = Number.MAX_SAFE_INTEGER, onYield }: MineOptions = {}): Promise<MinedHeader | undefined> {
  const bytes = encode(blockHeader, header)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = nonceOffset(header.parents.length)
  // equal-length lower-case hex compares like the numbers it spells, and costs no Buffer per try
  const target = toHex(targetOf(header.difficulty))
  let nonce = header.nonce
  for (let tries = 0; tries < maxTries;) {
    if (signal?.aborted === true) throw new TosError('ABORTED', 'mining was cancelled')
    for (const end = Math.min(maxTries, tries + SLICE); tries < end; nonce = BigInt.asUintN(64, nonce + 1n)) {
      view.setBigUint64(at, nonce, true)
      tries++
      const found = hash('sha3-256', bytes, 'hex')
      if (found <= target) return { header: bytes, hash: Buffer.from(found, 'hex'), nonce, tries }
    }
    onYield?.(tries)
    await setImmediate()
  }
  return undefined
}
