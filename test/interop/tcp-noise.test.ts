import { proveTransport } from './harness/transport-scenario.ts'

proveTransport({
  scenario: '1 tcp/noise/yamux, ping, identify',
  config: { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] },
  address: /\/tcp\/\d+\/p2p\//,
  security: /noise/,
  muxer: /yamux/
})
