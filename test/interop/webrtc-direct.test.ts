import { proveTransport } from './harness/transport-scenario.ts'
import { PY_LACKS } from './py/known.ts'
import { RUST_LACKS } from './rust/known.ts'

proveTransport({
  scenario: '5 webrtc-direct',
  config: { listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'], transports: ['webrtc-direct'], security: ['noise'] },
  address: /\/webrtc-direct\/certhash\//,
  except: { py: PY_LACKS.webrtcDirect, rust: RUST_LACKS.webrtcDirect }
})
