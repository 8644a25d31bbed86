import type { BlockData } from '../../protocols/index.ts'
import { genesisOf } from '../../src/chain/index.ts'
import type { TransactionSigner } from '../../src/chain/index.ts'
import { decodeTransaction } from '../../src/chain/block/transaction.ts'
import { toHex } from '../../src/wire/index.ts'
import { EASY, blockOn, pay } from './ledger-blocks.ts'

/** A DAG by the letter of WIRE.md §9: sets and recursion, slow and plain, to judge the real index by. */
export interface DagModel {
  readonly blocks: BlockData[]
  /** Mines a block on parents named by their index (0: genesis), each sender paying `count` times from what the parents know. */
  grow (parents: readonly number[], payments: ReadonlyArray<{ from: TransactionSigner, count: number }>): Promise<BlockData>
  tip (): string
  /** Hashes of the order below the tip, genesis first. */
  order (): string[]
  /** Per sender the transactions that count, by nonce, with the block where they do. */
  accounts (): Map<string, Array<{ data: string, block: string }>>
}

/** Lower comes first in fork choice. */
function byChoice (a: BlockData, b: BlockData): number {
  return a.height === b.height ? Buffer.compare(a.hash, b.hash) : a.height > b.height ? -1 : 1
}

export function createDagModel (): DagModel {
  const genesis = genesisOf(EASY.network)
  const blocks: BlockData[] = [genesis]
  const named = new Map([[toHex(genesis.hash), genesis]])
  const parentsOf = (block: BlockData): BlockData[] => block.parents.map(parent => named.get(toHex(parent)) as BlockData)
  const pastOf = (block: BlockData): Set<BlockData> => {
    const past = new Set<BlockData>()
    for (const queue = parentsOf(block); queue.length > 0;) {
      const next = queue.pop() as BlockData
      if (!past.has(next)) queue.push(...parentsOf(next))
      past.add(next)
    }
    return past
  }
  const orderOf = (block: BlockData): BlockData[] => {
    const [selected] = parentsOf(block)
    if (selected === undefined) return [block]
    const below = orderOf(selected)
    const merged = [...pastOf(block)].filter(other => !below.includes(other))
    return [...below, ...merged.sort((a, b) => a.height === b.height ? Buffer.compare(a.hash, b.hash) : Number(a.height - b.height)), block]
  }
  const best = (): BlockData => blocks.toSorted(byChoice)[0] as BlockData
  const transactionsOf = (block: BlockData) => block.transactions.map(data => ({ data, value: decodeTransaction(data) }))

  return {
    blocks,
    async grow (parentIndexes, payments) {
      const parents = [...new Set(parentIndexes.map(i => blocks[i % blocks.length] as BlockData))].sort(byChoice).slice(0, 3)
      const past = new Set(parents.flatMap(parent => [parent, ...pastOf(parent)]))
      const known = [...past].flatMap(transactionsOf)
      const transactions = payments.flatMap(({ from, count }) => {
        const next = known.filter(({ value }) => toHex(value.sender) === toHex(from.sender)).reduce((most, { value }) => Math.max(most, Number(value.nonce) + 1), 0)
        // one half of all payments of one nonce are the same bytes in every branch, the other half contradict each other
        return Array.from({ length: count }, (_, i) => pay(from, next + i, (next + i) % 2 === 0 ? 'same' : `block ${blocks.length}`))
      })
      const block = await blockOn(parents, { transactions, header: { miner: Buffer.alloc(32, blocks.length) } })
      blocks.push(block)
      named.set(toHex(block.hash), block)
      return block
    },
    tip: () => toHex(best().hash),
    order: () => orderOf(best()).map(block => toHex(block.hash)),
    accounts () {
      const accounts = new Map<string, Array<{ data: string, block: string }>>()
      for (const block of orderOf(best())) {
        for (const { data, value } of transactionsOf(block)) {
          const sender = toHex(value.sender)
          const history = accounts.get(sender) ?? []
          accounts.set(sender, history)
          if (Number(value.nonce) === history.length) history.push({ data: toHex(data), block: toHex(block.hash) })
        }
      }
      return accounts
    }
  }
}
