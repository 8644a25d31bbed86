import { BLOCK_STATUS, DETAIL } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockData, BlockQuestion, BlockSource } from '../../../protocols/index.ts'
import { createBlockServer } from '../../../src/chain/index.ts'
import type { Ledger } from '../../../src/chain/index.ts'
import { syncNode } from '../../bench/sync/nodes.ts'
import type { SyncNode } from '../../bench/sync/nodes.ts'

/** How a peer of the crowd behaves. */
export type Manner = 'honest' | 'liar' | 'stalled'

const NONE: BlockAnswer = { status: BLOCK_STATUS.notFound, blocks: [], notFound: [], hasMore: false }

/** Answers from `ledger` in a manner; a liar changes what the hash of a header does not cover, a stalled one never sends a body. */
export function sourceOf (ledger: Ledger, manner: Manner): BlockSource {
  const serve = createBlockServer(ledger)
  return {
    async blocks (question: BlockQuestion, { signal }): Promise<BlockAnswer> {
      if (manner === 'stalled' && question.detail === DETAIL.full) {
        await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
        return NONE
      }
      const answer = await serve(question, { signal })
      return manner === 'liar' && question.detail === DETAIL.full ? { ...answer, blocks: answer.blocks.map(spoil) } : answer
    }
  }
}

function spoil (block: BlockData): BlockData {
  const [first, ...others] = block.transactions
  return { ...block, transactions: first === undefined ? [new Uint8Array(8)] : [...others, first] }
}

/** Nodes on loopback that hold `ledger`, and one that holds nothing and is connected to all of them. */
export async function startCrowd (ledger: Ledger, manners: readonly Manner[]): Promise<{ readonly node: SyncNode, readonly peers: ReadonlyMap<string, Manner>, stop (): Promise<void> }> {
  const others = await Promise.all(manners.map(manner => syncNode(sourceOf(ledger, manner))))
  const node = await syncNode({ blocks: () => NONE })
  const stop = async (): Promise<void> => { await Promise.all([node, ...others].map(each => each.stop())) }
  try {
    for (const other of others) await node.dial(other.getMultiaddrs())
  } catch (error) {
    await stop()
    throw error
  }
  return { node, peers: new Map(others.map((other, i) => [other.peerId.toString(), manners[i] as Manner])), stop }
}
