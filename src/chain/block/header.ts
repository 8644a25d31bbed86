import { bool, bytes, struct, u16, u64, vec } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'

/** Most parents a block of the reference ledger has. */
export const MAX_PARENTS = 3

/** Reference-ledger header (WIRE.md §9): `timestamp` in Unix milliseconds, `txRoot` by the Merkle rule, `miner` an Ed25519 key. */
export const blockHeader = struct({
  version: u16, height: u64, timestamp: u64, parents: vec(bytes(32), { max: MAX_PARENTS }), txRoot: bytes(32), difficulty: u64, nonce: u64, aiMined: bool, miner: bytes(32)
})

export type BlockHeader = Infer<typeof blockHeader>

/** Size of a header without parents; each adds 32. */
export const HEADER_BYTES = blockHeader.minBytes
/** Where fields stand in an encoded header. */
export const HEADER_OFFSET = { timestamp: 10, parentCount: 18, parents: 26 } as const

/** Size of the encoded header that `bytes` begins with. */
export function headerBytes (bytes: Uint8Array): number {
  return HEADER_BYTES + 32 * (bytes[HEADER_OFFSET.parentCount] as number)
}

/** Where the nonce stands in an encoded header. */
export function nonceOffset (parents: number): number {
  return HEADER_OFFSET.parents + 32 * parents + 32 + 8
}
