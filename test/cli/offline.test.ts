import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { OPTION_KEYS } from '../../src/config/index.ts'
import { lines, scratch, tosd, tosdProcess } from './run.ts'

const { dir, remove } = scratch('offline')
after(remove)
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const publicKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'

test('a key is made, shown, exported and imported; never overwritten, and shown without its secret', async () => {
  const file = join(dir, 'a.key')
  const imported = await tosdProcess(['key', 'import', '--file', file, '--json'], { input: `${seed}\n` })
  assert.deepEqual([imported.code, lines(imported.stdout)[0]?.['nodeId']], [0, publicKey])
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const shown = await tosd(['key', 'show', '--file', file, '--json'])
  assert.equal(lines(shown.stdout)[0]?.['nodeId'], publicKey)
  assert.ok(!shown.stdout.includes(seed))
  assert.equal((await tosdProcess(['key', 'export', '--file', file])).stdout, `${seed}\n`)
  for (const command of ['gen', 'import']) {
    const again = await tosd(['key', command, '--file', file, '--json'], { input: seed })
    assert.deepEqual([again.code, lines(again.stderr)[0]?.['code']], [78, 'KEY_EXISTS'], command)
  }
  chmodSync(file, 0o644)
  const open = await tosd(['key', 'show', '--file', file, '--json'])
  assert.deepEqual([open.code, lines(open.stderr)[0]?.['code'], lines(open.stderr)[0]?.['hint']], [78, 'KEY_UNREADABLE', `chmod 600 ${file}`])
})

test('init sets a directory up once, and later commands find it without being told', async () => {
  const home = join(dir, 'home')
  const first = await tosdProcess(['init', '--network', 'testnet', '--peers-max', '30', '--json'], { home })
  const { dataDir, peerId } = lines(first.stdout)[0] as { dataDir: string, peerId: string }
  assert.deepEqual([first.code, dataDir], [0, join(home, '.tosd', 'testnet')])
  assert.equal(statSync(join(dataDir, 'node.key')).mode & 0o777, 0o600)
  assert.ok(!existsSync(join(dataDir, 'lock')))
  assert.equal(lines((await tosd(['key', 'show', '--json'], { home })).stdout)[0]?.['peerId'], peerId)
  const shown = lines((await tosdProcess(['config', 'show', '--origin', '--json'], { home, env: { TOSD_PEERS__TARGET: '20' } })).stdout)[0] as Record<string, { value: unknown, origin: string }>
  assert.deepEqual([shown['network']?.value, shown['peers.max'], shown['peers.target']], [
    'testnet', { value: 30, origin: `file ${join(dataDir, 'tosd.toml')}` }, { value: 20, origin: 'environment TOSD_PEERS__TARGET' }
  ])
  const again = await tosd(['init', '--network', 'testnet', '--json'], { home })
  assert.deepEqual([again.code, lines(again.stderr)[0]?.['code']], [78, 'CONFIG_INVALID'])
})

test('init elsewhere tells how to use it, and what it writes is true', async () => {
  const path = join(dir, 'else where')
  const { stdout } = await tosd(['init', '--network', 'devnet', '--data-dir', path])
  assert.match(stdout, new RegExp(`\\S+tosd\\.mjs start --network devnet --data-dir '${path}' `))
  assert.match(readFileSync(join(path, 'tosd.toml'), 'utf8'), new RegExp(`^dataDir = "${path}"$`, 'm'))
  const home = join(dir, 'home2')
  await tosd(['init', '--network', 'testnet'], { home })
  assert.match(readFileSync(join(home, '.tosd', 'testnet', 'tosd.toml'), 'utf8'), new RegExp(`^# dataDir = "${join(home, '.tosd', 'testnet')}"$`, 'm'))
})

test('a data directory that is not ours is one clear line and exit 78', async () => {
  const path = join(dir, 'foreign')
  spawnSync('mkdir', [path])
  writeFileSync(join(path, 'thesis.doc'), 'x')
  const { code, stderr } = await tosd(['init', '--network', 'devnet', '--data-dir', path])
  assert.equal(code, 78)
  assert.match(stderr, /^error: .* is not a data directory of tosd: it holds thesis\.doc .*\[DATA_DIR_FOREIGN\]\n {2}path .*\n {2}hint /)
})

test('config validate lists all problems at once and exits 78', async () => {
  const file = join(dir, 'bad.toml')
  writeFileSync(file, 'netwrok = "x"\n[peers]\nmax = "many"\n')
  const { code, stderr } = await tosd(['config', 'validate', '--config', file, '--listen', 'here'], { env: { TOSD_MIN: '1' } })
  assert.equal(code, 78)
  for (const line of [/netwrok is not an option \(file .*bad\.toml\); did you mean network\?/, /peers\.max must be .* \(file /, /listen must be .*\(flag --listen\)/, /TOSD_MIN is not an option \(the environment\); did you mean TOSD_MINE\?/]) assert.match(stderr, line)
  assert.equal((await tosd(['config', 'validate', '--network', 'lab'])).code, 0)
})

test('config schema documents every option once', async () => {
  const keys = lines((await tosd(['config', 'schema', '--json'])).stdout).map(({ key }) => key)
  assert.deepEqual(keys, OPTION_KEYS)
})

test('completion scripts are valid and know commands and flags', async () => {
  const script = join(dir, 'tosd.bash')
  writeFileSync(script, (await tosd(['completion', 'bash'])).stdout)
  const complete = (...words: string[]): string[] => {
    const run = spawnSync('bash', ['-c', `. '${script}'; COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tosd; echo "\${COMPREPLY[@]}"`], { encoding: 'utf8' })
    assert.equal(run.stderr, '')
    return run.stdout.trim().split(' ')
  }
  assert.deepEqual(complete('tosd', 'sta'), ['start', 'status'])
  assert.deepEqual(complete('tosd', 'key', 'ex'), ['export'])
  assert.deepEqual(complete('tosd', 'start', '--limits-yamux-w'), ['--limits-yamux-window-bytes'])
  assert.deepEqual(complete('tosd', 'start', '--preset', ''), ['full', 'light', 'mining', 'validator'])
  assert.deepEqual(complete('tosd', '--json', 'tx', 'send', '--priority', 'u'), ['urgent'])
  assert.deepEqual(complete('tosd', 'start', '--network', 'lab', '--preset', 'li'), ['light'])
  // words of its own, and files only where one may stand
  assert.deepEqual(complete('tosd', 'show', 'd'), ['dump'])
  assert.deepEqual(complete('tosd', 'show', 'READ'), [''])
  assert.deepEqual(complete('tosd', 'start', '--config', 'README.m'), ['README.md'])
  assert.deepEqual(complete('tosd', 'chain', 'import', 'README.m'), ['README.md'])
  for (const shell of ['zsh', 'fish']) assert.match((await tosd(['completion', shell])).stdout, /wait-ready/)
  assert.equal((await tosd(['completion', 'powershell'])).code, 2)
})

test('a generated chain goes through a file into two data directories, without a daemon', async () => {
  const [file, copy] = [join(dir, 'a.chain'), join(dir, 'b.chain')]
  const made = await tosd(['chain', 'generate', '--blocks', '12', '--txs', '3', '--out', file, '--json'])
  const last = lines(made.stdout).at(-1)
  assert.deepEqual([made.code, last?.['blocks'], last?.['transactions'], last?.['done']], [0, 12, 36, true])
  const target = (name: string): string[] => ['--network', 'devnet', '--data-dir', join(dir, name), '--json']
  const imported = await tosd(['chain', 'import', file, ...target('one')])
  assert.deepEqual([imported.code, lines(imported.stdout).at(-1)?.['height']], [0, 12])
  const exported = await tosdProcess(['chain', 'export', copy, ...target('one')])
  assert.equal(exported.code, 0)
  assert.ok(readFileSync(copy).equals(readFileSync(file)))
  assert.equal((await tosd(['chain', 'import', copy, ...target('two')])).code, 0)

  const overwritten = await tosd(['chain', 'export', copy, ...target('one')])
  assert.deepEqual([overwritten.code, lines(overwritten.stderr)[0]?.['code']], [1, 'FILE_UNREADABLE'])
  writeFileSync(copy, readFileSync(copy).subarray(0, 900))
  const torn = await tosd(['chain', 'import', copy, ...target('three')])
  assert.deepEqual([torn.code, lines(torn.stderr)[0]?.['code']], [1, 'CHAIN_FILE_INVALID'])
})

test('a new protocol is two files; an existing one is left alone', async () => {
  const folder = join(dir, 'new', 'folder')
  const made = await tosd(['protocol', 'new', 'say-hello', '--dir', folder, '--json'])
  assert.deepEqual([made.code, lines(made.stdout)[0]?.['id']], [0, '/acme/say-hello/1.0.0'])
  assert.match(readFileSync(join(folder, 'say-hello.ts'), 'utf8'), /export const sayHello = defineProtocol\(/)
  assert.equal((await tosd(['protocol', 'new', 'say-hello', '--dir', folder])).code, 2)
  assert.equal((await tosd(['protocol', 'new', 'Not A Name', '--dir', dir])).code, 2)
})

test('the test command that a new protocol prints works as it is printed', { timeout: 60_000 }, async () => {
  const { stdout } = await tosd(['protocol', 'new', 'greet', '--dir', join(dir, 'fresh one')])
  const command = stdout.split('\n').find(line => line.includes('--test')) ?? ''
  const run = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: {} })
  assert.deepEqual([run.status, run.stderr], [0, ''])
})
