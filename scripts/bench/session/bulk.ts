import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { StreamService } from '../../../src/protocol/index.ts'
import { plainRow, ratioRow } from '../harness.ts'
import type { Row, RunContext } from '../harness.ts'
import { median, pairedRatio } from '../measure.ts'
import { startScript } from '../node/processes.ts'
import { bulk as stockBulk } from '../transport/loads.ts'
import { wireNode } from '../transport/nodes.ts'
import { BULK, BULK_LEVELS, BULK_SIZES, bulkNode } from './bulk-frames.ts'
import type { BulkLevel } from './bulk-frames.ts'

/** Part of the stock stream's rate that ours must keep, although it hashes and seals and the stock stream does neither. */
const LEAST: Readonly<Record<typeof BULK_SIZES[number], number>> = { 65_536: 0.55, 1_048_576: 0.42 }
const CONTENDERS = ['stock', ...BULK_LEVELS] as const
type Contender = typeof CONTENDERS[number]

/** Sends a number of bytes in pieces of a size: MB/s. */
type Send = (size: number, megabytes: number) => Promise<number>

/** Sealed bulk between two processes over TCP against a stock js-libp2p stream, same sizes, in interleaved rounds. */
export async function bulkRows (context: RunContext): Promise<Row[]> {
  const server = startScript('../session/bulk-server.ts')
  const [sealed, stock] = await Promise.all([bulkNode(), wireNode('stock')])
  try {
    const addresses = JSON.parse(await server.line()) as Record<'sealed' | 'stock', [string]>
    const plain = await stock.dial(multiaddr(addresses.stock[0]))
    const { remotePeer } = await sealed.dial(multiaddr(addresses.sealed[0]))
    const send: Record<Contender, Send> = {
      stock: async (size, megabytes) => stockBulk(plain, size, megabytes),
      low: async (size, megabytes) => sealedBulk(sealed.services.bulk, remotePeer, 'low', size, megabytes),
      medium: async (size, megabytes) => sealedBulk(sealed.services.bulk, remotePeer, 'medium', size, megabytes)
    }
    const rows: Row[] = []
    for (const size of BULK_SIZES) rows.push(...rowsOf(size, await measure(send, size, context)))
    return rows
  } finally {
    await Promise.all([sealed.stop(), stock.stop()])
    await server.end()
  }
}

async function measure (send: Record<Contender, Send>, size: number, { long, log }: RunContext): Promise<Record<Contender, number[]>> {
  const rates: Record<Contender, number[]> = { stock: [], low: [], medium: [] }
  const rounds = long ? 25 : 7
  // round 0 warms up
  for (let round = 0; round <= rounds; round++) {
    log(`bulk of ${size} B, round ${round}/${rounds}`)
    for (const contender of round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed()) {
      const rate = await send[contender](size, long ? 64 : 12)
      if (round > 0) rates[contender].push(rate)
    }
  }
  return rates
}

function rowsOf (size: typeof BULK_SIZES[number], { stock, low, medium }: Record<Contender, number[]>): Row[] {
  const title = `sealed bulk, frames of ${size / 1024} KiB`
  const peer = 'stock js-libp2p stream'
  return [
    ratioRow(title, median(low), 'MB/s', peer, pairedRatio(low, stock), LEAST[size]),
    plainRow(`  ${title}, padded (medium)`, median(medium), 'MB/s', { peer, ratio: pairedRatio(medium, stock) }),
    plainRow(`  ${peer}, writes of ${size / 1024} KiB`, median(stock), 'MB/s')
  ]
}

/** The stream is open before the clock starts, as with the stock one; it stops when the receiver has opened all and closed the stream. */
async function sealedBulk (service: StreamService<{ readonly data: Uint8Array }>, peer: Connection['remotePeer'], level: BulkLevel, size: number, megabytes: number): Promise<number> {
  const sender = await service.open(peer)
  const count = Math.ceil(megabytes * 1e6 / size)
  const data = new Uint8Array(size)
  const start = performance.now()
  for (let i = 0; i < count; i++) {
    sender.send(BULK[level], { data })
    await sender.drained()
  }
  await sender.close()
  return count * size / 1e6 / ((performance.now() - start) / 1_000)
}
