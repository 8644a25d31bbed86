import { setImmediate as nextTurn } from 'node:timers/promises'
import { BLOCK_REQUEST, BLOCK_RESPONSE } from '../../protocols/index.ts'
import type { BlockAnswer, BlockQuestion } from '../../protocols/index.ts'
import type { BlockClient } from '../../src/chain/clients.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { createBlockServer } from '../../src/chain/serve/block-server.ts'
import { TosError } from '../../src/errors/index.ts'
import { decodePayload, encodePayload } from '../../src/protocol/index.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What a simulated peer does with a question; `honest` answers as the protocol says. */
export type Behaviour = (question: BlockQuestion, honest: () => Promise<BlockAnswer>, signal: AbortSignal | undefined) => Promise<BlockAnswer>

/** Peers by name behind one client; what honest peers do takes no time on the clock. Questions and answers go through their codecs, so no test passes on what could not travel. */
export interface BlockNet extends BlockClient {
  join (peer: string, ledger: Ledger, behaviour?: Behaviour): void
  /** Questions each peer was asked. */
  readonly asked: Map<string, BlockQuestion[]>
}

export const never = (): Promise<never> => new Promise(() => {})

export function createBlockNet (clock: VirtualClock): BlockNet {
  const peers = new Map<string, (question: BlockQuestion, signal?: AbortSignal) => Promise<BlockAnswer>>()
  const asked = new Map<string, BlockQuestion[]>()
  return {
    asked,
    join (peer, ledger, behaviour) {
      const serve = createBlockServer(ledger)
      const honest = (question: BlockQuestion): Promise<BlockAnswer> => clock.track(serve(question))
      peers.set(peer, (question, signal) => behaviour === undefined ? honest(question) : behaviour(question, () => honest(question), signal))
    },
    async request (peer, question, { signal }) {
      const serve = peers.get(peer)
      if (serve === undefined) throw new TosError('PEER_UNREACHABLE', `no ${peer}`)
      asked.set(peer, [...asked.get(peer) ?? [], question])
      const { requestId: _, ...received } = decodePayload(BLOCK_REQUEST, encodePayload(BLOCK_REQUEST, { requestId: 1n, ...question }))
      const answer = await serve(received, signal)
      await clock.track(nextTurn())
      return decodePayload(BLOCK_RESPONSE, encodePayload(BLOCK_RESPONSE, { requestId: 1n, ...answer }))
    }
  }
}
