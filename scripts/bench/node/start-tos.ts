import { createTosNode } from '../../../src/node/index.ts'

/** A fresh process with our whole node, chain and store included: prints the milliseconds from its first instruction to ready. */
const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [] })
process.stdout.write(`${performance.now()}\n`)
await node.stop()
process.exit(0)
