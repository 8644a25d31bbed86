import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { WRITE_BYTES } from '../../src/frame/index.ts'
import { limitRow, ratioRow } from './harness.ts'
import type { Row, RunContext } from './harness.ts'
import { median, pairedRatio } from './measure.ts'
import { bulk, echo, roundTripsDuring } from './transport/loads.ts'
import { WIRES, wireNode } from './transport/nodes.ts'
import type { Wire } from './transport/nodes.ts'

/** A write as a program that knows nothing of the layers below would choose it, bytes. */
const STOCK_WRITE_BYTES = 65_536

type Connections = Record<Wire, Connection>

/** The tuned transport against a stock js-libp2p one: two processes, real TCP on loopback, rounds interleaved. */
export async function transportRows ({ long, log }: RunContext): Promise<Row[]> {
  return withConnections(async connections => {
    const rounds = long ? 31 : 11
    const bulkMB = long ? 128 : 32
    const figures: Record<Wire, { bulk: number[], echo: number[], wait: number[] }> = { stock: { bulk: [], echo: [], wait: [] }, tuned: { bulk: [], echo: [], wait: [] } }
    // round 0 warms up
    for (let round = 0; round <= rounds; round++) {
      log(`transport, round ${round} of ${rounds}`)
      for (const wire of round % 2 === 0 ? WIRES : WIRES.toReversed()) {
        const connection = connections[wire]
        const chunk = wire === 'stock' ? STOCK_WRITE_BYTES : WRITE_BYTES
        const mbPerSecond = await bulk(connection, chunk, bulkMB)
        const perSecond = await echo(connection, wire === 'stock' ? 'each' : 'tick', 4_000)
        const waits = await roundTripsDuring(connection, () => bulk(connection, chunk, bulkMB / 2))
        if (round === 0) continue
        figures[wire].bulk.push(mbPerSecond)
        figures[wire].echo.push(perSecond)
        figures[wire].wait.push(median(waits))
      }
    }
    const { stock, tuned } = figures
    const peer = 'stock js-libp2p stream'
    return [
      ratioRow('bulk over one stream', median(tuned.bulk), 'MB/s', peer, pairedRatio(tuned.bulk, stock.bulk), 1.2),
      ratioRow('100 B echoes, 64 in flight', median(tuned.echo), '1/s', peer, pairedRatio(tuned.echo, stock.echo), 3),
      { ...limitRow('echo beside bulk, p50', median(tuned.wait), 'ms', 20), peer, ratio: pairedRatio(stock.wait, tuned.wait) }
    ]
  })
}

async function withConnections<T> (measure: (connections: Connections) => Promise<T>): Promise<T> {
  const server = spawn(process.execPath, [fileURLToPath(new URL('transport/server.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  const nodes = Object.fromEntries(await Promise.all(WIRES.map(async wire => [wire, await wireNode(wire)] as const)))
  try {
    const [line] = await once(createInterface(server.stdout), 'line') as [string]
    const addresses = JSON.parse(line) as Record<Wire, string[]>
    const connect = async (wire: Wire): Promise<Connection> => {
      const node = nodes[wire]
      if (node === undefined) throw new Error(`no ${wire} node`)
      return node.dial(multiaddr(addresses[wire][0]))
    }
    return await measure({ stock: await connect('stock'), tuned: await connect('tuned') })
  } finally {
    await Promise.all(Object.values(nodes).map(node => node.stop()))
    server.stdin.end()
    if (server.exitCode === null) await once(server, 'exit')
  }
}
