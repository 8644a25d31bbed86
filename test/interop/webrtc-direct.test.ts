import { proveTransport } from './harness/transport-scenario.ts'

proveTransport({
  scenario: '5 webrtc-direct',
  config: { listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'], transports: ['webrtc-direct'], security: ['noise'] },
  address: /\/webrtc-direct\/certhash\//,
  except: { py: { reason: 'py-libp2p 0.7.0 has webrtc-direct only as an extra on aiortc, which this peer does not install' } }
})
