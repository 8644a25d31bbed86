import type { Reason } from '../peers/reputation/index.ts'
import type { ChainParts } from './chain-parts.ts'

/** What tells whether something is new. */
export interface Known {
  hasBlock (hash: Uint8Array): boolean
  hasTransaction (hash: Uint8Array): boolean
}

type Relays = Pick<ChainParts, 'blockRelay' | 'transactionRelay'>

/**
 * The relays, which reward the peer whose announcement brought something new and valid. What was held before earns nothing: it could be
 * announced again and again.
 */
export function rewardRelays ({ blockRelay, transactionRelay }: Relays, known: Known, reward: (peer: string, reason: Reason) => void): Relays {
  return {
    blockRelay: {
      ...blockRelay,
      async validate (announce, from, signal) {
        const isNew = !known.hasBlock(announce.blockHash)
        const verdict = await blockRelay.validate(announce, from, signal)
        if (verdict === 'accept' && isNew) reward(from, 'valid_block')
        return verdict
      }
    },
    transactionRelay: {
      ...transactionRelay,
      async validate (announce, from, signal) {
        const isNew = !known.hasTransaction(announce.txHash)
        const verdict = await transactionRelay.validate(announce, from, signal)
        // one that is mined already is passed on as well, and is no news
        if (verdict === 'accept' && isNew && known.hasTransaction(announce.txHash)) reward(from, 'valid_transaction')
        return verdict
      }
    }
  }
}
