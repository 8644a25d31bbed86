import { proveTransport } from './harness/transport-scenario.ts'

proveTransport({
  scenario: '3 ws',
  config: { listen: ['/ip4/127.0.0.1/tcp/0/ws'], transports: ['ws'], security: ['noise'] },
  address: /\/ws\/p2p\//,
  security: /noise/,
  muxer: /yamux/
})
