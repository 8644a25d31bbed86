import type { BlockAnswer, BlockData, BlockQuestion } from '../../../protocols/index.ts'
import { blockHeader, createBlockServer, createReferenceLedger, createSync, systemClock } from '../../../src/chain/index.ts'
import type { BlockClient } from '../../../src/chain/index.ts'
import { sha3 } from '../../../src/chain/block/hash.ts'
import { encode, toHex } from '../../../src/wire/index.ts'
import type { Row, RunContext } from '../../bench/harness.ts'
import { floorRow, limitRow } from '../../bench/harness.ts'
import { madeChain } from './sync-crowd.ts'

const DEPTH = 100_000
const GROWTH_MIB = 64

/** Valid headers, each on the one before, the first on nothing. */
function orphans (): BlockData[] {
  const blocks: BlockData[] = []
  let parent: Uint8Array = new Uint8Array(32).fill(0xee)
  for (let n = 1; n <= DEPTH; n++) {
    const height = BigInt(n + 5)
    const header = encode(blockHeader, {
      version: 1, height, timestamp: 1_700_000_000_000n + BigInt(n), parents: [parent], txRoot: new Uint8Array(32), difficulty: 1n, nonce: 0n, aiMined: false, miner: new Uint8Array(32)
    })
    const hash = sha3(header)
    blocks.push({ hash, height, parents: [parent], header, transactions: [] })
    parent = hash
  }
  return blocks
}

/** A peer that serves a chain without a beginning, ten times in a row, beside an honest one. */
export async function orphanRows ({ log }: RunContext): Promise<Row[]> {
  log('makes 100,000 orphans')
  const chain = orphans()
  const byHash = new Map(chain.map(block => [toHex(block.hash), block]))
  const source = await madeChain(50, 1)
  const serve = createBlockServer(source)
  let questions = 0
  const hostile = ({ query, maxItems }: BlockQuestion): BlockAnswer => {
    questions++
    if (query.type === 'tips') return { status: 0, blocks: chain.slice(-1), notFound: [], hasMore: false }
    if (query.type === 'locator') return { status: 0, blocks: chain.slice(-maxItems), notFound: [], hasMore: true }
    return { status: 0, blocks: query.type === 'byHash' ? query.value.flatMap(hash => byHash.get(toHex(hash)) ?? []) : [], notFound: [], hasMore: false }
  }
  const client: BlockClient = { request: async (peer, question) => peer === 'honest' ? serve(question) : hostile(question) }
  const before = process.memoryUsage.rss()
  let peak = before
  let reached = 0
  const rounds = 10
  for (let round = 0; round < rounds; round++) {
    log(`orphans, round ${round}`)
    const ledger = await createReferenceLedger({ network: source.network, difficulty: 1n })
    const sync = createSync({ ledger, client, clock: systemClock })
    sync.start()
    sync.addPeer('hostile')
    sync.addPeer('honest')
    await sync.idle()
    peak = Math.max(peak, process.memoryUsage.rss())
    if (toHex(ledger.tip().hash) === toHex(source.tip().hash)) reached++
    await sync.stop()
    await ledger.close()
  }
  await source.close()
  return [
    limitRow(`chain of ${DEPTH.toLocaleString('en-US')} orphans: growth of RSS over ${rounds} syncs`, Math.max(0, peak - before) / 2 ** 20, 'MiB', GROWTH_MIB),
    limitRow('  questions before it is given up', questions / rounds, 'questions', 300),
    floorRow('  syncs that came to the honest tip', reached, 'runs', rounds)
  ]
}
