// Run by scripts/check-package.sh in a folder where the packed tarball is installed: the library works from there.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTosNode, defineProtocol, string, struct } from 'tos-p2p'
import { PING } from 'tos-p2p/protocols'

const hello = defineProtocol({
  id: '/acme/hello/1.0.0',
  types: { request: 0x8001, response: 0x8002 },
  request: struct({ name: string(64) }),
  response: struct({ text: string(256) }),
  limits: { perPeer: { count: 20, perMs: 10_000 }, timeoutMs: 5000 },
  handle: ({ name }) => ({ text: `hello ${name}` })
})
const dirs = await Promise.all(['a', 'b'].map(name => mkdtemp(join(tmpdir(), `tos-${name}-`))))
const nodes = await Promise.all(dirs.map(dataDir => createTosNode({ network: 'devnet', dataDir, mdns: false, bootstrap: [], protocols: { hello } })))
try {
  const [a, b] = nodes
  const { text } = await a.services.hello.request(b.getMultiaddrs()[0], { name: 'alice' })
  assert.equal(text, 'hello alice')
  assert.equal(PING.code, 1)
} finally {
  await Promise.all(nodes.map(node => node.stop()))
  await Promise.all(dirs.map(dir => rm(dir, { recursive: true })))
}
console.log('the library answers over the network')
