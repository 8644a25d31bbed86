import { LRUCache } from 'lru-cache'
import type { PeerMeasures } from '../peers/measures/index.ts'
import type { Reason } from '../peers/reputation/index.ts'
import type { ChainParts } from './chain-parts.ts'

/** Tells a reputation why a peer deserves something. */
export type Reward = (peer: string, reason: Reason) => void

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
export function rewardRelays ({ blockRelay, transactionRelay }: Relays, known: Known, reward: Reward): Relays {
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
      async validate (announce, from, signal, alsoFrom) {
        const isNew = !known.hasTransaction(announce.txHash)
        const verdict = await transactionRelay.validate(announce, from, signal, alsoFrom)
        // one that is mined already is passed on as well, and is no news
        if (verdict === 'accept' && isNew && known.hasTransaction(announce.txHash)) reward(from, 'valid_transaction')
        return verdict
      }
    }
  }
}

/** `reward`, which also notes who was useful, and when. */
export function noteUse (measures: Pick<PeerMeasures, 'useful'>, reward: Reward): Reward {
  return (peer, reason) => {
    if (reason === 'valid_block') measures.useful(peer, 'block')
    if (reason === 'valid_transaction') measures.useful(peer, 'transaction')
    reward(peer, reason)
  }
}

/** Peers found before are remembered, so that nobody is paid twice for the same one. */
const MAX_FOUND = 4096
const EXCHANGE = 'exchange:'

/**
 * Told of every dial: rewards the peer that named somebody in a PEER_EXCHANGE who then answered under the right key. Nobody earns by
 * naming itself, nor for whom we knew from a better source (`origins`: most trusted first).
 */
export function rewardFinds (reward: Reward): (peer: string, answered: boolean, origins: readonly string[]) => void {
  const found = new LRUCache<string, true>({ max: MAX_FOUND })
  return (peer, answered, [origin = '']) => {
    if (!answered || found.has(peer)) return
    found.set(peer, true)
    const teller = origin.startsWith(EXCHANGE) ? origin.slice(EXCHANGE.length) : peer
    if (teller !== peer) reward(teller, 'helpful_peer_info')
  }
}
