import { join } from 'node:path'
import { codecSuite } from './codec/codec-suite.ts'
import { INTEROP } from './harness/paths.ts'
import { pythonFor } from './py/python.ts'

// python3 and its standard library are enough: no py-libp2p
codecSuite({ peer: 'py', codec: pythonFor(join(INTEROP, 'py', 'codec.py')), strict: true })
