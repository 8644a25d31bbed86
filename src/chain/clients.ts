import type { BlockAnnounce, BlockAnswer, BlockQuestion, TxAnnounce, TxAnswer, TxQuestion } from '../../protocols/index.ts'
import type { TosErrorCode } from '../errors/index.ts'

/** What these policies ask of the network. Peers are opaque names (a PeerId's text); request ids are the kernel's business. */
export interface RequestOptions {
  readonly signal?: AbortSignal
}

/** Asks one peer for blocks. Rejects with a `TosError` or whatever the transport throws. */
export interface BlockClient {
  request (peer: string, question: BlockQuestion, options: RequestOptions): Promise<BlockAnswer>
}

/** Asks one peer for transactions. */
export interface TransactionClient {
  request (peer: string, question: TxQuestion, options: RequestOptions): Promise<TxAnswer>
}

/** Tells the network what this node has. */
export interface Announcer {
  block (announce: BlockAnnounce): Promise<void>
  transaction (announce: TxAnnounce): Promise<void>
}

/** Charges a peer for what it did; the reputation behind it decides the price. Must not throw. */
export type Penalise = (peer: string, code: TosErrorCode) => void
