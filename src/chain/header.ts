import { bool, bytes, struct, u16, u64, vec } from '../wire/index.ts'
import type { Infer } from '../wire/index.ts'

/** Reference-ledger header (WIRE.md §9): `timestamp` in Unix milliseconds, `txRoot` by the Merkle rule, `miner` an Ed25519 key. */
export const blockHeader = struct({
  version: u16, height: u64, timestamp: u64, parents: vec(bytes(32), { max: 3 }), txRoot: bytes(32), difficulty: u64, nonce: u64, aiMined: bool, miner: bytes(32)
})

export type BlockHeader = Infer<typeof blockHeader>
