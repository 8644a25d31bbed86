import { latin1 } from '../../wire/bytes.ts'
import type { LedgerTransaction } from '../ledger.ts'
import type { Ranked } from './order.ts'

/** A transaction in the pool. Its arrays are the pool's own; `addedAt` in Unix milliseconds. */
export interface PoolTransaction extends LedgerTransaction, Ranked {
  /** `nameOf` id and sender: the keys of the books. */
  readonly key: string
  readonly senderKey: string
  readonly priority: number
  readonly addedAt: number
}

/** One sender's transactions, nonces rising. `gaps` of them wait for an earlier nonce that is not here. */
export interface Sender {
  readonly sender: Uint8Array
  readonly key: string
  readonly entries: PoolTransaction[]
  gaps: number
  /** The sender's next nonce in the chain when the gaps were counted. */
  next: bigint
}

/** Bytes as a key of a Map: a character each, half of what hexadecimal takes. */
export function nameOf (bytes: Uint8Array): string {
  return latin1(bytes, 0, bytes.length)
}

/** The sender's transaction with this nonce. */
export function withNonce ({ entries }: Sender, nonce: bigint): PoolTransaction | undefined {
  const entry = entries[placeOf(entries, nonce)]
  return entry?.nonce === nonce ? entry : undefined
}

/** The nonce must be free. */
export function enter ({ entries }: Sender, entry: PoolTransaction): void {
  entries.splice(placeOf(entries, entry.nonce), 0, entry)
}

export function leave ({ entries }: Sender, entry: PoolTransaction): void {
  const place = placeOf(entries, entry.nonce)
  if (entries[place] === entry) entries.splice(place, 1)
}

/** How many of `sender`'s transactions follow without a gap from `next` on. */
export function runLength ({ entries }: Sender, next: bigint): number {
  const start = placeOf(entries, next)
  const rest = entries.length - start
  // mostly there is no gap at all
  if (rest === 0 || (entries.at(-1) as PoolTransaction).nonce === next + BigInt(rest - 1)) return rest
  let length = 0
  while (entries[start + length]?.nonce === next + BigInt(length)) length++
  return length
}

/** The sender's transaction with the highest nonce: the only one that can go without stranding another. */
export function tailOf ({ entries }: Sender): PoolTransaction | undefined {
  return entries.at(-1)
}

/** Entries with a nonce below `next`: the chain has used theirs. */
export function spent ({ entries }: Sender, next: bigint): PoolTransaction[] {
  return entries.slice(0, placeOf(entries, next))
}

/** Where the first entry stands whose nonce is not below `nonce`. */
function placeOf (entries: readonly PoolTransaction[], nonce: bigint): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle] as PoolTransaction).nonce < nonce) low = middle + 1
    else high = middle
  }
  return low
}
