import { encodeHeader, checksum } from '../../src/frame/index.ts'

/** Node ids of two imaginary peers. */
export const ALICE = new Uint8Array(32).fill(0xa1)
export const BOB = new Uint8Array(32).fill(0xb0)
/** The time at which test frames are made and read, Unix ms. */
export const NOW_MS = 1_700_000_000_500

/** What a hand-made frame may differ in. */
export interface FrameParts {
  readonly type: number
  readonly payload?: Uint8Array
  readonly nodeId?: Uint8Array
  /** Unix seconds. */
  readonly timestamp?: bigint
  readonly checksum?: bigint
  /** Announced length where it differs from the payload's. */
  readonly length?: number
}

/** A frame built from its parts, right or wrong. */
export function frame ({ type, payload = new Uint8Array(0), nodeId = ALICE, timestamp = BigInt(Math.floor(NOW_MS / 1000)), checksum: sum = checksum(payload), length = payload.length }: FrameParts): Uint8Array {
  return Buffer.concat([encodeHeader({ type, payloadLength: length, checksum: sum, timestamp, nodeId }), payload])
}

/** A copy of `bytes` with one byte changed. */
export function flip (bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] as number) ^ mask
  return copy
}

/** Runs `act` and returns the code of the error it throws. */
export function codeOf (act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return 'nothing thrown'
}
