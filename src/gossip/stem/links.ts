import { TX_ANNOUNCE, TX_STEM_BODY } from '../../../protocols/index.ts'
import type { TxAnnounce, TxResponse } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { StreamSender } from '../../protocol/index.ts'
import { STEM } from './limits.ts'
import { CELL } from './pairs.ts'

type Sender = Pick<StreamSender<TxAnnounce | TxResponse>, 'send' | 'close'>

export interface StemLinksDeps {
  /** Opens a stem stream to a peer. */
  readonly open: (peer: string) => Promise<Sender>
  /** Transactions leave only when `cell` is called for their link. */
  readonly paced: boolean
}

/** The stem streams to other peers: one each, opened when first needed. */
export interface StemLinks {
  /** Resolves when a transaction was written. Throws what `open` and `StreamSender.send` throw, `BUSY`, or `STREAM_CLOSED` when the peer left while it waited. */
  send (peer: string, announce: TxAnnounce, data: Uint8Array): Promise<void>
  /** Sends a cell: a transaction that waits for one, or nothing in the form of one. */
  cell (peer: string): Promise<void>
  /** The peer left. */
  left (peer: string): void
  stop (): void
}

interface Waiting {
  readonly announce: TxAnnounce
  readonly data: Uint8Array
  readonly done: PromiseWithResolvers<void>
}

export function createStemLinks ({ open, paced }: StemLinksDeps): StemLinks {
  // both hold connected peers only: `left` takes them out
  const senders = new Map<string, Promise<Sender>>()
  const queues = new Map<string, Waiting[]>()

  const write = async (peer: string, announce: TxAnnounce, body: TxResponse): Promise<void> => {
    const opened = senders.get(peer) ?? open(peer)
    senders.set(peer, opened)
    try {
      const sender = await opened
      // one after the other in one turn, so that they leave together
      sender.send(TX_ANNOUNCE, announce)
      sender.send(TX_STEM_BODY, body)
    } catch (error) {
      const busy = error instanceof TosError && (error.code === 'RATE_LIMITED' || error.code === 'BUSY')
      if (!busy && senders.get(peer) === opened) senders.delete(peer)
      throw error
    }
  }
  const transaction = (peer: string, { announce, data }: Pick<Waiting, 'announce' | 'data'>): Promise<void> =>
    write(peer, announce, { requestId: 0n, transactions: [{ txHash: announce.txHash, data, proof: null }], notFound: [] })
  const left = (peer: string): void => {
    senders.delete(peer)
    const queue = queues.get(peer) ?? []
    queues.delete(peer)
    for (const { done } of queue) done.reject(new TosError('STREAM_CLOSED', 'the stem left'))
  }
  return {
    send (peer, announce, data) {
      if (!paced) return transaction(peer, { announce, data })
      const queue = queues.get(peer) ?? []
      if (queue.length >= STEM.waiting) return Promise.reject(new TosError('BUSY', 'too many transactions wait for their cell'))
      const done = Promise.withResolvers<void>()
      queue.push({ announce, data, done })
      queues.set(peer, queue)
      return done.promise
    },
    async cell (peer) {
      const waiting = queues.get(peer)?.shift()
      if (waiting === undefined) return write(peer, CELL.announce, CELL.body)
      return transaction(peer, waiting).then(waiting.done.resolve, waiting.done.reject)
    },
    left,
    stop () {
      for (const peer of queues.keys()) left(peer)
      senders.clear()
    }
  }
}
