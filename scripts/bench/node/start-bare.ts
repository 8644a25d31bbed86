import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import { kadDHT } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import { stockWireOptions } from '../../../src/node/transport/stock-wire.ts'

/** A fresh process with a bare libp2p node of the services ours has: prints the milliseconds from its first instruction to ready. */
const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  ...stockWireOptions(),
  services: { identify: identify(), ping: ping(), dht: kadDHT({ protocol: '/bench/kad/1.0.0', clientMode: false }), pubsub: gossipsub() }
})
process.stdout.write(`${performance.now()}\n`)
await node.stop()
process.exit(0)
