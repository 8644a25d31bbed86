import { TosError } from '../../errors/index.ts'

/** A nonce must be unused and within `reach` of the next one. Throws `INVALID_TRANSACTION` with rule `nonce` or `nonce-gap`. */
export function checkNonce (nonce: bigint, next: bigint, reach: number): void {
  if (nonce < next) throw new TosError('INVALID_TRANSACTION', `nonce ${nonce} is used, the next is ${next}`, { details: { rule: 'nonce', nonce, next } })
  if (nonce >= next + BigInt(reach)) throw new TosError('INVALID_TRANSACTION', `nonce ${nonce} lies ${reach} or more ahead of ${next}`, { details: { rule: 'nonce-gap', nonce, next } })
}

/**
 * A second transaction for one nonce is sent around the whole network again, so it must pay for that: `percent` above the fee held, and
 * at least 1 unit. Throws `INVALID_TRANSACTION` with rule `replacement`.
 */
export function checkReplacement (fee: bigint, held: bigint, percent: number): void {
  const bump = held * BigInt(percent) / 100n
  const least = held + (bump > 1n ? bump : 1n)
  if (fee < least) throw new TosError('INVALID_TRANSACTION', `nonce taken: a replacement must pay at least ${least}`, { details: { rule: 'replacement', fee, least } })
}
