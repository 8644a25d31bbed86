import { BLOCK_LIMITS, domainPrefix } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { concatBytes } from '../../wire/bytes.ts'
import { blob, bytes, decode, encode, refine, struct, u64, u8 } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'
import { sha3 } from './hash.ts'

export const SIGNATURE_BYTES = 64
// sender, nonce, fee, priority, privacy level, energy, length of the body, signature
const FIXED_BYTES = 32 + 8 + 8 + 1 + 1 + 8 + 8 + SIGNATURE_BYTES

const level = refine(u8, value => value <= 3 ? undefined : `level ${value} is not 0..3`)

/**
 * Transaction of the reference ledger (WIRE.md §9). `fee` in base units, `energyUsed` in whole units; both zero is the lowest
 * priority. `priority` 0 low..3 urgent, `privacyLevel` 0 low..3 maximum.
 */
export const transaction = struct({
  sender: bytes(32), nonce: u64, fee: u64, priority: level, privacyLevel: level, energyUsed: u64,
  body: blob(BLOCK_LIMITS.transactionBytes - FIXED_BYTES), signature: bytes(SIGNATURE_BYTES)
})

export type Transaction = Infer<typeof transaction>

/** What a sender decides; key and signature come from the signer. */
export type TransactionContent = Omit<Transaction, 'sender' | 'signature'>

/** Throws `INVALID_VALUE` or `LENGTH_LIMIT`. */
export function encodeTransaction (value: Transaction): Uint8Array {
  return encode(transaction, value)
}

/** Byte fields are views into `data`. Throws `INVALID_TRANSACTION` with `details.rule` `form`. */
export function decodeTransaction (data: Uint8Array): Transaction {
  try {
    return decode(transaction, data)
  } catch (cause) {
    throw new TosError('INVALID_TRANSACTION', 'the bytes are not a transaction', { cause, details: { rule: 'form', size: data.length } })
  }
}

/** `SHA3-256(transaction bytes)`: covers the signature too. */
export function transactionId (data: Uint8Array): Uint8Array {
  return sha3(data)
}

/** `"TOS-TX-V1" ‖ 0x00 ‖ u8 length of net ‖ net`: a signature for one network is worth nothing on another. */
export function transactionDomain (network: string): Uint8Array {
  return domainPrefix('TOS-TX-V1', network)
}

/** The bytes a sender signs: domain and all fields but the signature. */
export function signedBytes (domain: Uint8Array, data: Uint8Array): Uint8Array {
  return concatBytes(domain, data.subarray(0, data.length - SIGNATURE_BYTES))
}
