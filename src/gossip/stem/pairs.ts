import { TX_ANNOUNCE } from '../../../protocols/index.ts'
import type { TxAnnounce, TxResponse } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { Typed } from '../../protocol/index.ts'
import { toHex } from '../../wire/index.ts'
import { STEM } from './limits.ts'

/** A transaction as it arrives along a stem. */
export interface Paired {
  readonly announce: TxAnnounce
  readonly data: Uint8Array
}

/** Puts the two messages of each transaction together again, for one connection. */
export interface StemPairs {
  /** The transaction that `message` completes, if any. Throws `INVALID_MESSAGE`. */
  take (message: Typed<TxAnnounce | TxResponse>): Paired | undefined
}

const NO_HASH = new Uint8Array(32)

/** The two messages of a cover cell. Sealed and padded they have the sizes of a small transaction's. */
export const CELL: { readonly announce: TxAnnounce, readonly body: TxResponse } = {
  announce: { txHash: NO_HASH, fee: 0n, priority: 0, privacyLevel: 0, energyUsed: 0n },
  body: { requestId: 0n, transactions: [], notFound: [] }
}

/** Announcement first, then the body of that name. Streams of one connection may take turns, so a few announcements may be open. */
export function createStemPairs (): StemPairs {
  const announced = new Map<string, TxAnnounce>()
  return {
    take ({ type, value }) {
      if (type.code === TX_ANNOUNCE.code) {
        const announce = value as TxAnnounce
        const key = toHex(announce.txHash)
        if (key === toHex(NO_HASH)) return undefined
        announced.set(key, announce)
        if (announced.size > STEM.announced) throw new TosError('INVALID_MESSAGE', 'announcements on a stem without their transactions')
        return undefined
      }
      const { transactions, notFound } = value as TxResponse
      const [body] = transactions
      if (body === undefined && notFound.length === 0) return undefined
      const announce = body === undefined ? undefined : announced.get(toHex(body.txHash))
      if (body === undefined || transactions.length > 1 || notFound.length > 0 || body.proof !== null || announce === undefined) {
        throw new TosError('INVALID_MESSAGE', 'a stem carries one announced transaction at a time')
      }
      announced.delete(toHex(body.txHash))
      return { announce, data: body.data }
    }
  }
}
