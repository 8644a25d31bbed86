import { proveTransport } from './harness/transport-scenario.ts'

proveTransport({
  scenario: '2 tcp/tls',
  config: { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['tls'] },
  address: /\/tcp\/\d+\/p2p\//,
  security: /tls/,
  muxer: /yamux/
})
