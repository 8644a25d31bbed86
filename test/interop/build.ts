// Builds the native peers: node test/interop/build.ts [go] [rust] [py]. Needs the network the first time.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { INTEROP } from './harness/paths.ts'
import { NATIVE_PEERS } from './harness/toolchain.ts'

const names = process.argv.length > 2 ? process.argv.slice(2) : [...NATIVE_PEERS]
const unknown = names.filter(name => !(NATIVE_PEERS as readonly string[]).includes(name))
if (unknown.length > 0) {
  console.error(`no such peer: ${unknown.join(', ')}; there are ${NATIVE_PEERS.join(', ')}`)
  process.exit(2)
}
for (const name of names) {
  const start = performance.now()
  const { status, error } = spawnSync('sh', [join(INTEROP, name, 'build.sh')], { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`${name}: not built${error === undefined ? '' : `: ${error.message}`}`)
    process.exit(1)
  }
  console.log(`${name}: built in ${Math.round((performance.now() - start) / 1000)} s`)
}
