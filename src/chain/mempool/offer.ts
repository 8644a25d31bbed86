import type { LedgerTransaction } from '../ledger.ts'
import { rankOf } from './order.ts'
import { nameOf } from './senders.ts'
import type { PoolTransaction, Sender } from './senders.ts'

/** A transaction that may enter the pool; its bytes may still be somebody else's. */
export type Offer = { -readonly [field in keyof PoolTransaction]: PoolTransaction[field] }

/** `tx` as the pool looks at it; `key` is its id's name, `sender` what the pool holds of the same sender. */
export function offerOf (tx: LedgerTransaction, key: string, sender: Sender | undefined, arrival: number, addedAt: number): Offer {
  const { id, data, nonce, fee, energyUsed, privacyLevel } = tx
  const { isPaid, priority, feeRate, energyRate } = rankOf(tx, data.length, arrival)
  return {
    id, key, sender: sender?.sender ?? tx.sender, senderKey: sender?.key ?? nameOf(tx.sender), data,
    // mostly one of the two is zero, and a literal zero is shared where one that was read is a number of its own
    nonce, fee: fee === 0n ? 0n : fee, energyUsed: energyUsed === 0n ? 0n : energyUsed, privacyLevel, isPaid, priority, feeRate, energyRate, arrival, addedAt
  }
}

/**
 * Gives an offer bytes of its own, because those it came with are views into a network buffer that may be megabytes long: data and id, which
 * go together, in one buffer. The sender's are shared by all its transactions and may outlive each of them.
 */
export function keepBytes (offer: Offer, sender: Sender | undefined): PoolTransaction {
  const size = offer.data.length
  const own = new Uint8Array(size + offer.id.length)
  own.set(offer.data)
  own.set(offer.id, size)
  offer.data = own.subarray(0, size)
  offer.id = own.subarray(size)
  if (sender === undefined) offer.sender = new Uint8Array(offer.sender)
  return offer
}
