/** What the templates are filled with. */
export interface ProtocolNames {
  /** File and protocol name, e.g. `hello`. */
  readonly name: string
  readonly org: string
  /** The same name as a variable, e.g. `helloWorld`. */
  readonly variable: string
}

/** The protocol: one file, one object. */
export function protocolSource ({ name, org, variable }: ProtocolNames): string {
  return `import { defineProtocol, string, struct } from 'tos-p2p'

// Codes below are scoped by the id: any two from 0x8000 up will do.
export const ${variable} = defineProtocol({
  id: '/${org}/${name}/1.0.0',
  types: { request: 0x8001, response: 0x8002 },
  request: struct({ name: string(64) }),
  response: struct({ text: string(256) }),
  // the receiver enforces these, and the sender keeps to them
  limits: { perPeer: { count: 20, perMs: 10_000 }, timeoutMs: 5_000 },
  privacy: 'medium',
  handle: ({ name }, { peer, log }) => {
    log('%s asks as %p', name, peer)
    return { text: \`hello \${name}\` }
  }
})
`
}

/** A test of it between two real nodes on loopback. */
export function protocolTest ({ name, variable }: ProtocolNames): string {
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTosNode } from 'tos-p2p'
import { ${variable} } from './${name}.ts'

const open = () => createTosNode({
  network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], listen: ['/ip4/127.0.0.1/tcp/0'], protocols: { ${variable} }
})

test('${name} answers another node, and refuses a name that is too long', async () => {
  const [alice, bob] = await Promise.all([open(), open()])
  try {
    await alice.dial(bob.getMultiaddrs())
    assert.deepEqual(await alice.services.${variable}.request(bob.peerId, { name: 'alice' }), { text: 'hello alice' })
    await assert.rejects(alice.services.${variable}.request(bob.peerId, { name: 'x'.repeat(65) }), { code: 'LENGTH_LIMIT' })
  } finally {
    await Promise.all([alice.stop(), bob.stop()])
  }
})
`
}
