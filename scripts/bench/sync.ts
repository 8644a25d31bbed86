import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Row, RunContext, Suite } from './harness.ts'
import { limitRow, plainRow, ratioRow } from './harness.ts'
import { median, pairedRatio } from './measure.ts'
import { startScript } from './node/processes.ts'
import { TRANSACTIONS, writeChain } from './sync/chain-bytes.ts'
import type { ClientOrder, ClientResult } from './sync/client.ts'

const PEERS = 4
const STOCK = 'stock js-libp2p stream'
const SYNCS = { 'trust 1': { what: 'trust', peers: 1 }, 'trust 4': { what: 'trust', peers: PEERS }, 'verify 1': { what: 'verify', peers: 1 }, 'verify 4': { what: 'verify', peers: PEERS } } as const
type Name = keyof typeof SYNCS

/** Sync of one chain between processes over sealed TCP, with and without verification, against the same bytes over a bare stream. */
export const suite: Suite = {
  name: 'sync',
  describe: 'blocks per second from one and four peers, sealed; the bare transfer of the same bytes; verification against its primitives; memory',
  async run (context) {
    const folder = await mkdtemp(join(tmpdir(), 'tos-bench-sync-'))
    try {
      const blocks = context.long ? 20_000 : 1000
      const file = join(folder, 'chain')
      context.log(`makes ${blocks} blocks`)
      const bytes = await writeChain(file, blocks)
      return [...await syncRows(context, file, blocks, bytes), ...await verificationRows(context, file)]
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function syncRows ({ long, log }: RunContext, file: string, blocks: number, bytes: number): Promise<Row[]> {
  const servers = Array.from({ length: PEERS }, () => startScript('../sync/server.ts', [file]))
  try {
    const addresses = await Promise.all(servers.map(async server => JSON.parse(await server.line()) as unknown))
    const client = startScript('../sync/client.ts', [JSON.stringify(addresses)], ['--expose-gc'])
    try {
      const ask = async (order: ClientOrder): Promise<ClientResult> => {
        client.tell(JSON.stringify(order))
        return JSON.parse(await client.line()) as ClientResult
      }
      const fileBytes = (await stat(file)).size
      const stock: number[] = []
      const results: Record<Name, ClientResult[]> = { 'trust 1': [], 'trust 4': [], 'verify 1': [], 'verify 4': [] }
      const rounds = long ? 3 : 7
      // round 0 warms up
      for (let round = 0; round <= rounds; round++) {
        log(`sync, round ${round}/${rounds}`)
        const { seconds } = await ask({ what: 'stock', peers: 1, until: fileBytes })
        if (round > 0) stock.push(seconds)
        for (const name of ['trust 1', 'trust 4'] as const) {
          const result = await ask({ ...SYNCS[name], until: blocks })
          if (round > 0) results[name].push(result)
        }
      }
      // signatures take their time, however often they are measured
      for (const name of ['verify 1', 'verify 4'] as const) {
        log(`sync, ${name}`)
        for (let round = 0; round < (long ? 3 : 1); round++) results[name].push(await ask({ ...SYNCS[name], until: blocks }))
      }
      return rowsOf(results, stock, blocks, bytes)
    } finally {
      await client.end()
    }
  } finally {
    await Promise.all(servers.map(server => server.end()))
  }
}

function rowsOf (results: Record<Name, ClientResult[]>, stock: readonly number[], blocks: number, bytes: number): Row[] {
  const rows: Row[] = []
  const mb = bytes / 1e6
  for (const peers of [1, PEERS] as const) {
    const from = peers === 1 ? 'one peer' : 'four peers'
    const trust = results[`trust ${peers}`].map(({ seconds }) => seconds)
    const verify = results[`verify ${peers}`].map(({ seconds }) => seconds)
    rows.push(
      ratioRow(`sync from ${from}, verification off`, mb / median(trust), 'MB/s', STOCK, pairedRatio(stock, trust), 0.45),
      plainRow(`  sync from ${from}, verification off`, blocks / median(trust), 'blocks/s'),
      plainRow(`sync of ${blocks.toLocaleString('en-US')} x ${TRANSACTIONS} from ${from}, verified, on disk`, blocks / median(verify), 'blocks/s'),
      plainRow(`  sync of ${blocks.toLocaleString('en-US')} x ${TRANSACTIONS} from ${from}, verified, on disk`, mb / median(verify), 'MB/s', { peer: STOCK, ratio: median(stock) / median(verify) })
    )
  }
  rows.push(plainRow(`  ${STOCK}, ${mb.toFixed(1)} MB`, mb / median(stock), 'MB/s'))
  const all = Object.values(results).flat()
  rows.push(limitRow('memory: most growth of RSS in one sync', Math.max(...all.map(({ rssBytes }) => rssBytes)) / 2 ** 20, 'MiB', 128))
  rows.push(limitRow('honest peers put aside in all runs', all.reduce((sum, { failures }) => sum + failures, 0), 'peers', 0))
  return rows
}

async function verificationRows ({ long, log }: RunContext, file: string): Promise<Row[]> {
  log('verification alone')
  const child = startScript('../sync/verification.ts', [file, long ? '2000' : '150', long ? '7' : '3'], ['--expose-gc'])
  try {
    const { blocks, ours, limit } = JSON.parse(await child.line()) as { blocks: number, ours: number[], limit: number[] }
    return [
      ratioRow('verification, processor time per block', median(ours) / blocks * 1e6, 'µs', 'its hashes, signatures and Merkle roots alone', pairedRatio(limit, ours), 0.83)
    ]
  } finally {
    await child.end()
  }
}
