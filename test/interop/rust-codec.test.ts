import { codecSuite } from './codec/codec-suite.ts'
import { rustCodec } from './rust/codec-command.ts'

// serde knows types, not this network's limits: it may read what we refuse
codecSuite({ peer: 'rust', codec: rustCodec(), strict: false })
