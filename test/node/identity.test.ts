import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { createIdentity, identityFromHex, identityNames, identityToHex, loadIdentity, loadOrCreateIdentity, saveIdentity } from '../../src/node/identity.ts'

const dir = mkdtempSync(join(tmpdir(), 'tos-key-'))
after(() => rmSync(dir, { recursive: true, force: true }))

test('the identity is made once, 0600, and is the same ever after', async () => {
  const path = join(dir, 'node.key')
  const first = await loadOrCreateIdentity(path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.ok((await loadOrCreateIdentity(path)).equals(first))
  assert.deepEqual(readdirSync(dir), ['node.key'])
})

test('an existing key is never overwritten', async () => {
  const path = join(dir, 'node.key')
  const before = identityNames(loadIdentity(path))
  await assert.rejects(createIdentity(path), { code: 'KEY_EXISTS' })
  assert.deepEqual(identityNames(loadIdentity(path)), before)
})

test('keys that others can read, damaged ones and other kinds are refused', async () => {
  const rows: Array<[string, () => Promise<void>]> = [
    ['missing', async () => {}],
    ['garbage', async () => writeFileSync(join(dir, 'garbage'), 'not a key', { mode: 0o600 })],
    ['empty', async () => writeFileSync(join(dir, 'empty'), '', { mode: 0o600 })],
    ['secp', async () => writeFileSync(join(dir, 'secp'), privateKeyToProtobuf(await generateKeyPair('secp256k1')), { mode: 0o600 })]
  ]
  for (const [name, prepare] of rows) {
    await prepare()
    assert.throws(() => loadIdentity(join(dir, name)), { code: 'KEY_UNREADABLE' }, name)
  }
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(join(dir, 'node.key'), mode)
    assert.throws(() => loadIdentity(join(dir, 'node.key')), { code: 'KEY_UNREADABLE', message: /others may read/ })
  }
  chmodSync(join(dir, 'node.key'), 0o600)
})

test('seed and protobuf forms go out and come back; RFC 8032 test 1 gives its public key', async () => {
  // peer id: base58btc of 00 24 08 01 12 20 and the public key, worked out outside this project
  const key = await identityFromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
  assert.deepEqual(identityNames(key), {
    peerId: '12D3KooWQK1wnefoLrcVHbbnf5tLzbopUd3K3bFAoJpA7YJgL5pV', nodeId: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
  })
  for (const form of ['seed', 'protobuf'] as const) assert.ok((await identityFromHex(identityToHex(key, form))).equals(key))
  saveIdentity(join(dir, 'imported'), key)
  assert.ok(loadIdentity(join(dir, 'imported')).equals(key))
  for (const text of ['', 'zz', '00', 'ab'.repeat(31)]) await assert.rejects(identityFromHex(text), { code: 'KEY_UNREADABLE' })
})

test('a refused key is not repeated in the error', async () => {
  const secret = `${'ab'.repeat(31)}xy`
  await assert.rejects(identityFromHex(secret), error => !JSON.stringify(error).includes('abab'))
})
