import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD } from '../harness/paths.ts'
import type { Availability } from '../harness/toolchain.ts'

/** How to run the byte-level codec, once it is built. */
export function rustCodec (): Availability {
  const command = join(BUILD, 'rust', 'codec')
  if (existsSync(command)) return { command, args: [] }
  return { missing: 'the rust codec is not built', hint: 'install Rust (apt-get install cargo), then: node test/interop/build.ts rust' }
}
