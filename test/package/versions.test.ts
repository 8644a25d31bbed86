import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../../', import.meta.url)
const manifest = (path: string): { version: string, name: string, dependencies?: Record<string, string> } => JSON.parse(readFileSync(new URL(path, root), 'utf8')) as never

/** Below these stand published defects that a hostile peer can use; `npm audit` may be out of reach. */
const FLOORS: ReadonlyArray<readonly [folder: string, name: string, least: string]> = [
  ['@chainsafe/libp2p-gossipsub', '@libp2p/gossipsub', '17.0.0'],
  ['@chainsafe/libp2p-noise', '@libp2p/noise', '17.0.0'],
  ['@chainsafe/libp2p-yamux', '@libp2p/yamux', '8.0.0'],
  ['@libp2p/kad-dht', '@libp2p/kad-dht', '16.4.5'],
  ['@libp2p/utils', '@libp2p/utils', '7.4.1'],
  ['libp2p', 'libp2p', '3.3.11']
]

function atLeast (version: string, least: string): boolean {
  const [a, b] = [version, least].map(text => text.split('.').map(Number))
  for (let i = 0; i < 3; i++) if (a?.[i] !== b?.[i]) return (a?.[i] ?? 0) > (b?.[i] ?? 0)
  return true
}

for (const [folder, name, least] of FLOORS) {
  test(`${folder} is ${name} ${least} or newer`, () => {
    const found = manifest(`node_modules/${folder}/package.json`)
    assert.equal(found.name, name, 'the alias points at the maintained package')
    assert.ok(atLeast(found.version, least), found.version)
  })
}

test('this Node is 24.17 or newer', () => {
  assert.ok(atLeast(process.versions.node, '24.17.0'), process.versions.node)
})

test('the ten packages of the card are dependencies under their names', () => {
  const names = Object.keys(manifest('package.json').dependencies ?? {})
  for (const name of ['libp2p', '@libp2p/tcp', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@libp2p/kad-dht', '@libp2p/mdns', '@libp2p/bootstrap', '@chainsafe/libp2p-gossipsub', '@noble/curves', '@noble/hashes']) {
    assert.ok(names.includes(name), name)
  }
})
