import { once } from 'node:events'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { stockWireOptions } from '../../../src/node/transport/stock-wire.ts'

/** Stock peers that connect to an address and stay idle until standard input ends. */
const [address = '', count = '0'] = process.argv.slice(2)
for (let i = 0; i < Number(count); i++) {
  const node = await createLibp2p({ ...stockWireOptions(), connectionMonitor: { enabled: false }, services: { identify: identify(), ping: ping() } })
  const identified = once(node as unknown as EventTarget as never, 'peer:identify')
  await node.dial(multiaddr(address))
  await identified
}
process.stdout.write('connected\n')
await once(process.stdin.resume(), 'end')
process.exit(0)
