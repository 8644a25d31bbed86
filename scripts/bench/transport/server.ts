import { WIRES, wireNode } from './nodes.ts'
import { onMessages, sendEach, sendPerTick } from './streams.ts'

/** The answering process: prints the addresses by wire on one line and ends with its standard input. */
const nodes = await Promise.all(WIRES.map(async wire => {
  const node = await wireNode(wire)
  // takes a byte count (8 bytes, big-endian) and then that many bytes, and answers with one byte
  await node.handle('/bench/sink', stream => {
    let left = 0
    stream.addEventListener('message', ({ data }) => {
      left += data.byteLength - (left === 0 ? Number(Buffer.from(data.slice(0, 8)).readBigUInt64BE()) : 0)
      if (left === 0) stream.send(new Uint8Array(1))
    })
  })
  await node.handle('/bench/each', stream => { onMessages(stream, sendEach(stream)) })
  await node.handle('/bench/tick', stream => { onMessages(stream, sendPerTick(stream)) })
  return node
}))

process.stdout.write(`${JSON.stringify(Object.fromEntries(WIRES.map((wire, i) => [wire, nodes[i]?.getMultiaddrs().map(String)])))}\n`)
process.stdin.resume().once('end', () => { void Promise.all(nodes.map(node => node.stop())) })
