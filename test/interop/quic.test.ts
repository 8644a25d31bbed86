import { proveTransport } from './harness/transport-scenario.ts'
import { PY_LACKS } from './py/known.ts'

proveTransport({
  scenario: '4 quic-v1',
  config: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'], transports: ['quic'], security: ['noise'] },
  address: /\/quic-v1\/p2p\//,
  except: { py: PY_LACKS.quic }
})
