import { blob, bytes, decode, encode, struct, u64, vec } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'
import { HASH_BYTES } from '../block/hash.ts'

// A block begins with its hash instead, and nobody finds one that begins with these sixteen bytes.
const MAGIC = Buffer.from('TOS-PRUNED-BLOCK')
const HEADER_MAX = 512 * 1024
const TRANSACTIONS_MAX = 10_000

const stub = struct({
  header: blob(HEADER_MAX),
  transactions: vec(struct({ id: bytes(HASH_BYTES), sender: bytes(HASH_BYTES), nonce: u64 }), { max: TRANSACTIONS_MAX })
})

/** What is left of a block whose body is gone: enough for fork choice, order, nonces and the Merkle root. */
export type BlockStub = Infer<typeof stub>

/** True when a log's record holds a stub instead of a block. */
export function isStub (record: Uint8Array): boolean {
  return MAGIC.compare(record, 0, MAGIC.length) === 0
}

export function encodeStub (value: BlockStub): Uint8Array {
  return Buffer.concat([MAGIC, encode(stub, value)])
}

/** Throws the wire code of what is wrong with it. */
export function decodeStub (record: Uint8Array): BlockStub {
  return decode(stub, record.subarray(MAGIC.length))
}
