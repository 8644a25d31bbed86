import type { BlockClient, TransactionClient } from '../chain/index.ts'
import { toTosError } from '../errors/index.ts'
import type { PeerMeasures } from '../peers/measures/index.ts'
import { blockBytes } from '../../protocols/index.ts'
import type { BlockAnswer, TxAnswer } from '../../protocols/index.ts'
import type { Reward } from './rewards.ts'

/** An answer that brought something within this time is a fast one, ms: about what a block may take across an ocean. */
const FAST_MS = 1000

/** What asks peers for blocks and transactions. */
export interface Clients {
  readonly blocks: BlockClient
  readonly transactions: TransactionClient
}

/** What `measuredAnswers` tells, and the monotonic clock in ms. */
export interface AnswerDeps {
  readonly measures: Pick<PeerMeasures, 'served' | 'unserved'>
  readonly reward: Reward
  readonly clock: () => number
}

/** The same clients; how fast peers answer, and how much, is noted. What we gave up ourselves is nobody's fault. */
export function measuredAnswers ({ blocks, transactions }: Clients, { measures, reward, clock }: AnswerDeps): Clients {
  const measured = async <A>(peer: string, work: () => Promise<A>, size: (answer: A) => number): Promise<A> => {
    const start = clock()
    try {
      const answer = await work()
      const [bytes, tookMs] = [size(answer), clock() - start]
      // having nothing is no offence, and no merit
      if (bytes > 0) measures.served(peer, bytes, tookMs)
      if (bytes > 0 && tookMs <= FAST_MS) reward(peer, 'fast_response')
      return answer
    } catch (error) {
      if (toTosError(error).code !== 'ABORTED') measures.unserved(peer)
      throw error
    }
  }
  return {
    blocks: { request: async (peer, question, options) => measured(peer, () => blocks.request(peer, question, options), bytesOfBlocks) },
    transactions: { request: async (peer, question, options) => measured(peer, () => transactions.request(peer, question, options), bytesOfTransactions) }
  }
}

function bytesOfBlocks ({ blocks }: BlockAnswer): number {
  return blocks.reduce((sum, block) => sum + blockBytes(block), 0)
}

function bytesOfTransactions ({ transactions }: TxAnswer): number {
  return transactions.reduce((sum, { data }) => sum + data.length, 0)
}
