import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { baseFacts, fromObject, resolveConfig } from '../../src/config/index.ts'
import { identityToText, loadIdentity } from '../../src/node/identity.ts'
import { openScope } from '../../src/node/lifecycle.ts'
import { acquireLock } from '../../src/node/lock-file.ts'
import { openBase } from '../../src/node/open-base.ts'
import { isSealedKey, seedToWords, sealKey } from '../../src/secure/keys/index.ts'
import { fromHex, toHex } from '../../src/wire/index.ts'
import { lines, scratch, tosd, tosdProcess } from './run.ts'
import type { Ran } from './run.ts'

const { dir, remove } = scratch('key')
after(remove)
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const nodeId = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
const words = seedToWords(fromHex(seed))
const passphrase = 'Tr0ub4dor and three'
const passFile = join(dir, 'pass')
writeFileSync(passFile, `${passphrase}\n`, { mode: 0o600 })

/** A sealed key file that costs next to nothing to open, in a directory of its own: key commands lock it. */
async function sealed (name: string): Promise<string> {
  const file = join(dir, name, 'node.key')
  mkdirSync(join(dir, name))
  writeFileSync(file, await sealKey(fromHex(seed), passphrase, { cost: { log2N: 4, r: 1, p: 1 } }), { mode: 0o600 })
  return file
}

const first = ({ stdout }: Ran): Record<string, unknown> => lines(stdout)[0] ?? {}
const failure = ({ code, stderr }: Ran): unknown[] => [code, lines(stderr)[0]?.['code']]
const mode = (file: string): number => statSync(file).mode & 0o777
/** No secret is in what a command said. The runs that meet a secret are processes, so that whatever writes past the command is heard too. */
function silent (...runs: readonly Ran[]): void {
  for (const { stdout, stderr } of runs) for (const secret of [seed, passphrase, ...words.split(' ').slice(0, 3)]) assert.ok(!`${stdout}${stderr}`.includes(secret))
}

test('a new key is encrypted when a passphrase is configured, and says so', async () => {
  const [plain, locked, unasked] = await Promise.all([
    tosdProcess(['key', 'gen', '--file', join(dir, 'plain'), '--json']),
    tosdProcess(['key', 'gen', '--file', join(dir, 'locked'), '--passphrase-file', passFile, '--json']),
    tosdProcess(['key', 'gen', '--file', join(dir, 'unasked'), '--encrypt', '--json'])
  ])
  assert.deepEqual([plain.code, first(plain)['encrypted'], locked.code, first(locked)['encrypted']], [0, false, 0, true])
  assert.deepEqual([mode(join(dir, 'plain')), mode(join(dir, 'locked')), isSealedKey(readFileSync(join(dir, 'locked')))], [0o600, 0o600, true])
  // nobody sits at a terminal to be asked
  assert.deepEqual([...failure(unasked), existsSync(join(dir, 'unasked'))], [2, 'USAGE', false])
  silent(plain, locked, unasked)
})

test('24 words go out of an encrypted key and into a plain one', async () => {
  const file = await sealed('words')
  const [exported, imported, shown, closed] = await Promise.all([
    tosdProcess(['key', 'export', '--words', '--file', file], { env: { TOSD_KEY_PASSPHRASE: passphrase } }),
    tosdProcess(['key', 'import', '--file', join(dir, 'in'), '--json'], { input: `${words.toUpperCase().replaceAll(' ', '\n')}\n` }),
    tosdProcess(['key', 'show', '--file', file, '--json']),
    tosdProcess(['key', 'export', '--file', file, '--json'])
  ])
  assert.deepEqual([exported.code, exported.stdout], [0, `${words}\n`])
  assert.deepEqual([imported.code, first(imported)['nodeId'], mode(join(dir, 'in'))], [0, nodeId, 0o600])
  assert.deepEqual([shown.code, first(shown)['nodeId'], first(shown)['encrypted']], [0, nodeId, true])
  assert.deepEqual(failure(closed), [78, 'KEY_LOCKED'])
  silent(imported, shown, closed)
})

test('a wrong passphrase, an open passphrase file and a mistyped word fail by code and show no secret', async () => {
  const file = await sealed('wrong')
  const open = join(dir, 'open')
  writeFileSync(open, passphrase, { mode: 0o644 })
  const [wrong, readable, mistyped, both] = await Promise.all([
    tosdProcess(['key', 'export', '--file', file, '--json'], { env: { TOSD_KEY_PASSPHRASE: `${passphrase}!` } }),
    tosdProcess(['key', 'export', '--file', file, '--passphrase-file', open, '--json']),
    tosdProcess(['key', 'import', '--file', join(dir, 'mistyped'), '--json'], { input: words.replace(/ \S+$/, ' zooo') }),
    tosdProcess(['config', 'show', '--passphrase-file', passFile, '--json'], { env: { TOSD_KEY_PASSPHRASE: passphrase } })
  ])
  assert.deepEqual([failure(wrong), failure(readable), failure(mistyped), failure(both)], [[78, 'KEY_LOCKED'], [78, 'CONFIG_INVALID'], [78, 'KEY_UNREADABLE'], [78, 'CONFIG_INVALID']])
  assert.deepEqual(lines(mistyped.stderr)[0]?.['details'], { position: 24 })
  silent(wrong, readable, mistyped, both)
  assert.ok(!mistyped.stderr.includes('zooo'))
})

test('the configuration never shows the passphrase, has no flag for it and takes it from no file', async () => {
  const file = join(dir, 'tosd.toml')
  writeFileSync(file, `keyPassphrase = "${passphrase}"\n`)
  const env = { TOSD_KEY_PASSPHRASE: passphrase }
  const [shown, flag, stored] = await Promise.all([
    tosd(['config', 'show', '--origin', '--json'], { env }),
    tosd(['config', 'show', '--key-passphrase', passphrase, '--json']),
    tosd(['config', 'validate', '--config', file, '--json'])
  ])
  assert.deepEqual(first(shown)['keyPassphrase'], { value: '(secret)', origin: 'environment TOSD_KEY_PASSPHRASE' })
  assert.deepEqual([failure(flag), failure(stored)], [[2, 'USAGE'], [78, 'CONFIG_INVALID']])
  assert.match(stored.stderr, /give it as TOSD_KEY_PASSPHRASE/)
  silent(shown, flag, stored)
})

test('a rotation leaves the new key, the old one and a record that verifies; never while a daemon runs', async () => {
  const home = join(dir, 'data')
  const target = ['--network', 'devnet', '--data-dir', home, '--json']
  const file = join(home, 'node.key')
  const made = await tosd(['key', 'import', ...target], { input: seed })
  assert.equal(made.code, 0)
  const release = acquireLock(join(home, 'lock'))
  const [locked, resealed] = await Promise.all([tosdProcess(['key', 'rotate', ...target]), tosd(['key', 'encrypt', '--passphrase-file', passFile, ...target])])
  release()
  assert.deepEqual([failure(locked), failure(resealed)], [[78, 'DATA_DIR_LOCKED'], [78, 'DATA_DIR_LOCKED']])
  const dry = await tosd(['key', 'rotate', '--dry-run', ...target])
  assert.deepEqual([dry.code, first(dry)['dryRun'], readdirSync(home)], [0, true, ['node.key']])

  const rotated = await tosdProcess(['key', 'rotate', '--reason', 'yearly', ...target])
  assert.equal(rotated.code, 0)
  const { old, rotationFile, nodeId: now } = first(rotated) as { old: { nodeId: string, keptAs: string }, rotationFile: string, nodeId: string }
  assert.deepEqual([old.nodeId, existsSync(join(home, 'lock')), mode(file), mode(old.keptAs), mode(rotationFile)], [nodeId, false, 0o600, 0o600, 0o600])
  const [kept, verified, foreign, stranger, secretFile] = await Promise.all([
    tosd(['key', 'show', '--file', old.keptAs, '--json']),
    tosd(['key', 'verify-rotation', rotationFile, '--from', nodeId, '--network', 'devnet', '--json']),
    tosd(['key', 'verify-rotation', rotationFile, '--network', 'testnet', '--json']),
    tosd(['key', 'verify-rotation', rotationFile, '--from', now, '--network', 'devnet', '--json']),
    tosd(['key', 'verify-rotation', passFile, '--json'])
  ])
  assert.equal(first(kept)['nodeId'], nodeId)
  assert.deepEqual([verified.code, (first(verified)['last'] as { nodeId: string }).nodeId, first(verified)['reason']], [0, now, 'yearly'])
  assert.deepEqual([failure(foreign), failure(stranger), failure(secretFile)], [[1, 'ROTATION_INVALID'], [1, 'ROTATION_INVALID'], [1, 'ROTATION_INVALID']])
  silent(made, locked, resealed, dry, rotated, kept, verified, foreign, secretFile)
})

test('encrypt, passwd and decrypt keep the key and change how it is kept', async () => {
  const plain = join(dir, 'kept', 'node.key')
  mkdirSync(join(dir, 'kept'))
  const libp2p = `08011240${seed}${nodeId}`
  writeFileSync(plain, Buffer.from(libp2p, 'hex'), { mode: 0o600 })
  const [changing, opening, other] = [await sealed('changing'), await sealed('opening'), join(dir, 'other')]
  writeFileSync(other, 'another one', { mode: 0o600 })
  const run = async (command: string, file: string, ...more: string[]): Promise<Ran> => await tosd(['key', command, '--file', file, '--passphrase-file', passFile, '--json', ...more])
  const runs = await Promise.all([run('encrypt', plain), run('passwd', changing, '--new-passphrase-file', other), run('decrypt', opening), run('decrypt', join(dir, 'in'))])
  assert.deepEqual(runs.slice(0, 3).map(done => [done.code, first(done)['nodeId'], first(done)['encrypted']]), [[0, nodeId, true], [0, nodeId, true], [0, nodeId, false]])
  assert.deepEqual(failure(runs[3] as Ran), [2, 'USAGE'])
  for (const [file, secret] of [[plain, passphrase], [changing, 'another one'], [opening, '']] as const) {
    assert.equal(identityToText(await loadIdentity(file, () => secret), 'seed'), seed)
    assert.equal(mode(file), 0o600)
  }
  assert.equal(readFileSync(opening).toString('hex'), libp2p)
  silent(...runs)
})

test('a node with an encrypted key starts with its passphrase and not without; a miner key may stay locked', async () => {
  const home = join(await sealed('node'), '..')
  const start = await tosdProcess(['start', '--network', 'devnet', '--data-dir', home, '--json'])
  assert.deepEqual(failure(start), [78, 'KEY_LOCKED'])
  silent(start)
  const { config } = resolveConfig([fromObject({ network: 'devnet', dataDir: home, keyPassphrase: passphrase, minerKey: await sealed('miner') }, 'test')], { facts: baseFacts({}) })
  const scope = openScope(5000)
  const { privateKey, minerKey } = await openBase(config, { ledger: undefined, logger: undefined }, scope)
  await scope.close()
  assert.deepEqual([toHex(privateKey.publicKey.raw), toHex(minerKey)], [nodeId, nodeId])
})
