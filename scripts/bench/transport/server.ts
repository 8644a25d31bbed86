import { WIRES, wireNode } from './nodes.ts'
import { onMessages, sendEach, sendPerTick, serveSink } from './streams.ts'

/** The answering process: prints the addresses by wire on one line and ends with its standard input. */
const nodes = await Promise.all(WIRES.map(async wire => {
  const node = await wireNode(wire)
  await serveSink(node)
  await node.handle('/bench/each', stream => { onMessages(stream, sendEach(stream)) })
  await node.handle('/bench/tick', stream => { onMessages(stream, sendPerTick(stream)) })
  return node
}))

process.stdout.write(`${JSON.stringify(Object.fromEntries(WIRES.map((wire, i) => [wire, nodes[i]?.getMultiaddrs().map(String)])))}\n`)
process.stdin.resume().once('end', () => { void Promise.all(nodes.map(node => node.stop())) })
