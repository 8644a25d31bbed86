import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { createIdentity, identityFromText, identityNames, identityToText, inspectKeyFile, loadIdentity, loadOrCreateIdentity, rewriteIdentity, saveIdentity } from '../../src/node/identity.ts'
import { configuredPassphrase, readPassphraseFile } from '../../src/node/passphrase.ts'
import { sealKey } from '../../src/secure/keys/index.ts'

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
  const before = await loadIdentity(path)
  await assert.rejects(createIdentity(path), { code: 'KEY_EXISTS' })
  assert.ok((await loadIdentity(path)).equals(before))
})

test('keys that others can read, damaged ones and other kinds are refused', async () => {
  const rows: Array<[string, () => Promise<void>]> = [
    ['missing', async () => {}],
    ['garbage', async () => writeFileSync(join(dir, 'garbage'), 'not a key', { mode: 0o600 })],
    ['long', async () => writeFileSync(join(dir, 'long'), Buffer.alloc(5000), { mode: 0o600 })],
    ['empty', async () => writeFileSync(join(dir, 'empty'), '', { mode: 0o600 })],
    ['secp', async () => writeFileSync(join(dir, 'secp'), privateKeyToProtobuf(await generateKeyPair('secp256k1')), { mode: 0o600 })]
  ]
  for (const [name, prepare] of rows) {
    await prepare()
    await assert.rejects(loadIdentity(join(dir, name)), { code: 'KEY_UNREADABLE' }, name)
  }
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(join(dir, 'node.key'), mode)
    await assert.rejects(loadIdentity(join(dir, 'node.key')), { code: 'KEY_UNREADABLE', message: /others may read/ })
  }
  chmodSync(join(dir, 'node.key'), 0o600)
})

test('seed, protobuf and word forms go out and come back; RFC 8032 test 1 gives its public key', async () => {
  // peer id: base58btc of 00 24 08 01 12 20 and the public key, worked out outside this project
  const key = await identityFromText('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
  assert.deepEqual(identityNames(key.publicKey.raw), {
    peerId: '12D3KooWQK1wnefoLrcVHbbnf5tLzbopUd3K3bFAoJpA7YJgL5pV', nodeId: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
  })
  for (const form of ['seed', 'protobuf', 'words'] as const) assert.ok((await identityFromText(identityToText(key, form))).equals(key))
  await saveIdentity(join(dir, 'imported'), key)
  assert.ok((await loadIdentity(join(dir, 'imported'))).equals(key))
  for (const text of ['', 'zz', '00', 'ab'.repeat(31)]) await assert.rejects(identityFromText(text), { code: 'KEY_UNREADABLE' })
})

test('a refused key is not repeated in the error', async () => {
  const secret = `${'ab'.repeat(31)}xy`
  await assert.rejects(identityFromText(secret), error => !JSON.stringify(error).includes('abab'))
})

test('an encrypted key opens with its passphrase only; its public side needs none', async () => {
  const path = join(dir, 'sealed')
  const seed = randomBytes(32)
  writeFileSync(path, await sealKey(seed, 'open sesame', { cost: { log2N: 4, r: 1, p: 1 } }), { mode: 0o600 })
  const key = await loadIdentity(path, () => 'open sesame')
  assert.equal(identityToText(key, 'seed'), seed.toString('hex'))
  await assert.rejects(loadIdentity(path), { code: 'KEY_LOCKED', message: /is encrypted/, details: { path } })
  await assert.rejects(loadIdentity(path, () => 'open says me'), { code: 'KEY_LOCKED', details: { path } })
  assert.deepEqual({ ...await inspectKeyFile(path), publicKey: undefined }, { encrypted: true, publicKey: undefined })
  assert.equal(identityNames((await inspectKeyFile(path)).publicKey).peerId, identityNames(key.publicKey.raw).peerId)
  // decrypting puts the same key into the same file
  await rewriteIdentity(path, key, undefined)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual([(await inspectKeyFile(path)).encrypted, (await loadIdentity(path)).equals(key)], [false, true])
  writeFileSync(path, (await sealKey(seed, 'x', { cost: { log2N: 4, r: 1, p: 1 } })).subarray(0, 100))
  await assert.rejects(inspectKeyFile(path), { code: 'KEY_UNREADABLE', message: /damaged/ })
})

test('a passphrase file is 0600, one line, and never shown; of two sources one is too many', async () => {
  const path = join(dir, 'pass')
  const from = (text: string | Buffer): string => {
    writeFileSync(path, text, { mode: 0o600 })
    return readPassphraseFile(path)
  }
  for (const [text, passphrase] of [['horse\n', 'horse'], ['horse\r\n', 'horse'], [' a b ', ' a b '], ['h\n\n', 'h\n']] as const) assert.equal(from(text), passphrase)
  for (const text of ['', '\n', Buffer.alloc(5000, 'x'), 'y'.repeat(1025)]) assert.throws(() => from(text), error => (error as { code: string }).code === 'CONFIG_INVALID' && !JSON.stringify(error).includes('yyy'))
  chmodSync(path, 0o640)
  assert.throws(() => readPassphraseFile(path), { code: 'CONFIG_INVALID', hint: `chmod 600 ${path}` })
  assert.throws(() => readPassphraseFile(join(dir, 'none')), { code: 'CONFIG_INVALID', message: /cannot read/ })
  assert.deepEqual([configuredPassphrase({ keyPassphrase: '', passphraseFile: '' }), configuredPassphrase({ keyPassphrase: 'x', passphraseFile: '' })], [undefined, 'x'])
})
