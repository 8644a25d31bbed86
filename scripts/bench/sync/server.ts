import { readFile } from 'node:fs/promises'
import { createBlockServer } from '../../../src/chain/index.ts'
import { wireNode } from '../transport/nodes.ts'
import { drained } from '../transport/streams.ts'
import { CHAIN, readChain } from './chain-bytes.ts'
import { syncNode } from './nodes.ts'
import { createTrustingLedger } from './trusting-ledger.ts'

/** One peer: serves the chain of the file in its first argument, and the same bytes over a stock stream. Ends with its standard input. */
const file = process.argv[2] as string
const ledger = createTrustingLedger(CHAIN)
for (const block of await readChain(file)) await ledger.add(block)
const serve = createBlockServer(ledger)
const [node, stock] = await Promise.all([syncNode({ blocks: (question, { signal }) => serve(question, { signal }) }), wireNode('stock')])
const bytes = await readFile(file)
await stock.handle('/bench/source', stream => {
  const send = async (): Promise<void> => {
    for (let at = 0; at < bytes.length; at += 65_536) if (!stream.send(bytes.subarray(at, at + 65_536))) await drained(stream)
    await stream.close()
  }
  send().catch((error: unknown) => { stream.abort(error instanceof Error ? error : new Error(String(error))) })
})
process.stdout.write(`${JSON.stringify({ sealed: node.getMultiaddrs().map(String)[0], stock: stock.getMultiaddrs().map(String)[0] })}\n`)
process.stdin.resume().once('end', () => { void Promise.all([node.stop(), stock.stop()]) })
