import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BLOCK_LIMITS, BLOCK_RESPONSE, DETAIL } from '../../protocols/index.ts'
import type { BlockAnswer } from '../../protocols/index.ts'
import { createReferenceLedger, generateChain, openLightLedger } from '../../src/chain/index.ts'
import { createBlockServer } from '../../src/chain/serve/block-server.ts'
import { followHeaders } from '../../src/chain/light/follow-headers.ts'
import { encodePayload } from '../../src/protocol/index.ts'
import { plainRow } from './harness.ts'
import type { Row, RunContext, Suite } from './harness.ts'

const NETWORK = { network: 'bench-light', difficulty: 1n } as const
const TRANSACTIONS = 20

/** What a block costs a light node, against a full one: on the disk, on the wire, in memory. */
export const suite: Suite = {
  name: 'light',
  describe: 'bytes per block of a light node and of a full one',
  async run (context) {
    const folder = await mkdtemp(join(tmpdir(), 'tos-bench-light-'))
    try {
      return await compare(folder, context)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function compare (folder: string, { long, log }: RunContext): Promise<Row[]> {
  const blocks = long ? 20_000 : 2000
  const full = await createReferenceLedger({ ...NETWORK, location: join(folder, 'full') })
  const light = openLightLedger({ ...NETWORK, file: join(folder, 'headers.bin') })
  try {
    log(`${blocks} blocks of ${TRANSACTIONS} transactions`)
    for await (const block of generateChain({ ...NETWORK, blocks, transactionsPerBlock: TRANSACTIONS })) await full.add(block)
    const serve = createBlockServer(full)
    let wire = 0
    const began = performance.now()
    await followHeaders({
      chain: light.chain, added: news => { light.headersAdded(news) },
      async ask (question) {
        const answer = await serve(question)
        wire += bytesOf(answer)
        return answer
      }
    })
    const ms = performance.now() - began
    if (light.tip().height !== BigInt(blocks)) throw new Error(`the light node stopped at ${light.tip().height}`)
    let bodies = 0
    for (let start = 1n; start <= blocks; start += BigInt(BLOCK_LIMITS.fullBlocks)) {
      bodies += bytesOf(await serve({ query: { type: 'byHeight', value: { start, count: BLOCK_LIMITS.fullBlocks } }, detail: DETAIL.full, maxItems: BLOCK_LIMITS.fullBlocks }))
    }
    const each = (total: number): number => Math.round(total / blocks)
    const [disk, fullDisk] = [await size(join(folder, 'headers.bin')), await size(join(folder, 'full'))]
    return [
      plainRow('disk per block', each(disk), 'B', { peer: `full node, ${each(fullDisk)} B`, ratio: fullDisk / disk }),
      plainRow('wire per block', each(wire), 'B', { peer: `full node, ${each(wire + bodies)} B`, ratio: (wire + bodies) / wire }),
      plainRow('memory per block, typed arrays', each(light.chain.bytes), 'B'),
      plainRow('headers checked and written', Math.round(blocks / ms * 1000), 'headers/s')
    ]
  } finally {
    await light.close()
    await full.close()
  }
}

const bytesOf = (answer: BlockAnswer): number => encodePayload(BLOCK_RESPONSE, { requestId: 1n, ...answer }).length

async function size (path: string): Promise<number> {
  const info = await stat(path)
  if (!info.isDirectory()) return info.size
  const sizes = await Promise.all((await readdir(path)).map(async name => size(join(path, name))))
  return sizes.reduce((sum, bytes) => sum + bytes, 0)
}
