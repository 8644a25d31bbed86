import { wireNode } from '../transport/nodes.ts'
import { serveSink } from '../transport/streams.ts'
import { bulkNode } from './bulk-frames.ts'

/** The receiving process: prints the addresses of both nodes on one line and ends with its standard input. */
const [sealed, stock] = await Promise.all([bulkNode(), wireNode('stock')])
await serveSink(stock)
process.stdout.write(`${JSON.stringify({ sealed: sealed.getMultiaddrs().map(String), stock: stock.getMultiaddrs().map(String) })}\n`)
process.stdin.resume().once('end', () => { void Promise.all([sealed.stop(), stock.stop()]) })
