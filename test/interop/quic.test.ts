import { proveTransport } from './harness/transport-scenario.ts'

proveTransport({
  scenario: '4 quic-v1',
  config: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'], transports: ['quic'], security: ['noise'] },
  address: /\/quic-v1\/p2p\//,
  except: { py: { reason: 'py-libp2p 0.7.0 over quic: half-closing ends reading too, and the end of the peer\'s data resets the stream', upstream: 'https://github.com/libp2p/py-libp2p/issues/1521' } }
})
