import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { configValue, describeOptions, editDistance, envName, flagName, fromEnv, fromFlags, fromObject, loadConfig, nearest, OPTION_KEYS, parseBytes, parseDuration, parseU64, renderToml, resolveConfig } from '../../src/config/index.ts'
import type { OptionKey, Problem } from '../../src/config/index.ts'
import { TosError } from '../../src/errors/index.ts'

const facts = { home: '/home/ann', xdgDataHome: '', socketDir: '/run/user/7', version: '9.9.9' }
const dir = mkdtempSync(join(tmpdir(), 'tos-config-'))
after(() => rmSync(dir, { recursive: true, force: true }))

function problemsOf (run: () => unknown): readonly Problem[] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof TosError)
    assert.equal(error.code, 'CONFIG_INVALID')
    return error.details?.['problems'] as Problem[]
  }
  return assert.fail('no problem was found')
}

test('names follow from the key path', () => {
  const rows: Array<[OptionKey, string, string]> = [
    ['network', 'TOSD_NETWORK', '--network'],
    ['dataDir', 'TOSD_DATA_DIR', '--data-dir'],
    ['peers.max', 'TOSD_PEERS__MAX', '--peers-max'],
    ['limits.dialTimeoutMs', 'TOSD_LIMITS__DIAL_TIMEOUT_MS', '--limits-dial-timeout-ms']
  ]
  for (const [key, env, flag] of rows) assert.deepEqual([envName(key), flagName(key)], [env, flag])
  assert.equal(new Set(OPTION_KEYS.map(envName)).size, OPTION_KEYS.length)
  assert.equal(new Set(OPTION_KEYS.map(flagName)).size, OPTION_KEYS.length)
})

test('flag beats environment beats file beats default, and each value names its origin', () => {
  const flag = fromFlags({ 'peers.max': '40' })
  const env = fromEnv({ TOSD_PEERS__MAX: '41', PATH: '/bin' })
  const file = fromObject({ peers: { max: 42 } }, 'file /etc/tosd.toml')
  const rows: Array<[typeof flag[], number, string]> = [
    [[flag, env, file], 40, 'flag --peers-max'],
    [[env, file], 41, 'environment TOSD_PEERS__MAX'],
    [[file], 42, 'file /etc/tosd.toml'],
    [[], 50, 'default']
  ]
  for (const [sources, value, origin] of rows) {
    const { config, origins } = resolveConfig(sources, { facts })
    assert.deepEqual([config.peers.max, origins['peers.max']], [value, origin])
  }
})

test('defaults follow network, profile, directory and the peer limit', () => {
  const rows: Array<[Record<string, unknown>, OptionKey, unknown]> = [
    [{}, 'network', 'mainnet'],
    [{}, 'dataDir', '/home/ann/.tosd/mainnet'],
    [{}, 'listen', ['/ip4/0.0.0.0/tcp/2080', '/ip4/0.0.0.0/tcp/2081/ws']],
    [{}, 'bootstrap', [1, 2, 3, 4, 5].map(n => `/dns/seed${n}.tos.network/tcp/2080`)],
    [{}, 'mdns', false],
    [{ network: 'testnet' }, 'bootstrap', [1, 2].map(n => `/dns/testseed${n}.tos.network/tcp/2080`)],
    [{ network: 'testnet' }, 'dnsSeeds', ['peers.testnet.tos.network', 'nodes.testnet.tos.network']],
    [{ network: 'testnet' }, 'dhtBootstrap', ['/dns/dht1.tos.network/tcp/6881', '/dns/dht2.tos.network/tcp/6881']],
    [{ network: 'devnet' }, 'listen', ['/ip4/127.0.0.1/tcp/0']],
    [{ network: 'devnet' }, 'bootstrap', ['/ip4/127.0.0.1/tcp/2080']],
    [{ network: 'devnet' }, 'dnsSeeds', []],
    [{ network: 'lab-7' }, 'bootstrap', []],
    [{ network: 'lab-7' }, 'difficulty', 1000],
    [{}, 'difficulty', 2 ** 32],
    [{ peers: { max: 5 } }, 'peers.target', 5],
    [{ dataDir: '/d' }, 'adminSocket', '/d/admin.sock'],
    [{}, 'userAgent', 'tos-p2p/9.9.9']
  ]
  for (const [object, key, value] of rows) assert.deepEqual(configValue(resolveConfig([fromObject(object, 'test')], { facts }).config, key), value, key)
  assert.equal(resolveConfig([], { facts: { ...facts, xdgDataHome: '/x' } }).config.dataDir, '/x/tosd/mainnet')
})

test('a socket path too long for the kernel moves to a short one that follows from the directory', () => {
  const of = (dataDir: string): string => resolveConfig([fromObject({ dataDir }, 'test')], { facts }).config.adminSocket
  const long = `/d/${'x'.repeat(120)}`
  assert.match(of(long), /^\/run\/user\/7\/tosd-[0-9a-f]{16}\.sock$/)
  assert.equal(of(long), of(long))
  assert.notEqual(of(long), of(`${long}y`))
})

test('every problem is reported at once, with its origin and the nearest valid key', () => {
  const problems = problemsOf(() => resolveConfig([
    fromFlags({ network: 'Main Net', listen: ['tcp:80'] }),
    fromEnv({ TOSD_PEERS__MAXX: '1', TOSD_MDNS: 'maybe' }),
    fromObject({ peers: { max: 'lots', mni: 1 }, limit: { x: 1 }, log: { level: 'loud' } }, 'file /a.toml')
  ], { facts }))
  assert.deepEqual(new Map(problems.map(({ key, origin, nearest }) => [key, [origin, nearest]])), new Map([
    ['TOSD_PEERS__MAXX', ['the environment', 'TOSD_PEERS__MAX']],
    ['peers.mni', ['file /a.toml', 'peers.min']],
    ['limit.x', ['file /a.toml', undefined]],
    ['network', ['flag --network', undefined]],
    ['listen', ['flag --listen', undefined]],
    ['mdns', ['environment TOSD_MDNS', undefined]],
    ['peers.max', ['file /a.toml', undefined]],
    ['log.level', ['file /a.toml', undefined]]
  ]))
})

test('values that do not fit together are refused', () => {
  const rows: Array<[Record<string, unknown>, OptionKey]> = [
    [{ peers: { min: 60 } }, 'peers.min'],
    [{ peers: { target: 51 } }, 'peers.target'],
    [{ difficulty: 5 }, 'difficulty'],
    [{ network: 'devnet', difficulty: 5 }, 'difficulty'],
    [{ limits: { readBufferBytes: 65_536 } }, 'limits.readBufferBytes'],
  ]
  for (const [object, key] of rows) assert.deepEqual(problemsOf(() => resolveConfig([fromObject(object, 'test')], { facts })).map(problem => problem.key), [key])
  assert.equal(resolveConfig([fromObject({ network: 'lab', difficulty: 5 }, 'test')], { facts }).config.difficulty, 5)
})

test('text becomes the type of the row, and numbers outside its range are refused', () => {
  const rows: Array<[string, string, unknown]> = [
    ['TOSD_STOP_DEADLINE_MS', '2s', 2000], ['TOSD_STOP_DEADLINE_MS', '250', 250], ['TOSD_STOP_DEADLINE_MS', '1.5m', 90_000],
    ['TOSD_LIMITS__YAMUX_WINDOW_BYTES', '1MiB', 1_048_576], ['TOSD_MINE', '1', true], ['TOSD_MINE', 'false', false],
    ['TOSD_DNS_SEEDS', 'a.example, b.example', ['a.example', 'b.example']], ['TOSD_BOOTSTRAP', '', []]
  ]
  for (const [name, raw, value] of rows) {
    const key = OPTION_KEYS.find(key => envName(key) === name) as OptionKey
    assert.deepEqual(configValue(resolveConfig([fromEnv({ [name]: raw })], { facts }).config, key), value, `${name}=${raw}`)
  }
  for (const [name, raw] of [['TOSD_STOP_DEADLINE_MS', '10 parsecs'], ['TOSD_PEERS__MAX', '0'], ['TOSD_PEERS__MAX', '1.5'], ['TOSD_PEERS__MAX', '-3'], ['TOSD_LIMITS__YAMUX_WINDOW_BYTES', '1KiB'], ['TOSD_MINE', '']] as const) {
    assert.equal(problemsOf(() => resolveConfig([fromEnv({ [name]: raw })], { facts })).length, 1, `${name}=${raw}`)
  }
})

test('units and edit distance', () => {
  assert.deepEqual(['0', '18446744073709551615', '18446744073709551616', '-1', '1.5', '0x1', ''].map(parseU64), [0n, 2n ** 64n - 1n, undefined, undefined, undefined, undefined, undefined])
  assert.deepEqual(['5', '5ms', '2h', '1d', 'x', '', '5 weeks'].map(parseDuration), [5, 5, 7_200_000, 86_400_000, undefined, undefined, undefined])
  assert.deepEqual(['7', '2KiB', '1GiB', '1kb'].map(parseBytes), [7, 2048, 1_073_741_824, undefined])
  assert.deepEqual([editDistance('kitten', 'sitting'), editDistance('mni', 'min')], [3, 1])
  assert.equal(nearest('netwrok', OPTION_KEYS), 'network')
  assert.equal(nearest('zzzzzzz', OPTION_KEYS), undefined)
})

test('the file in the data directory is read, a named one must exist, and bad TOML is a coded problem', async () => {
  const data = join(dir, 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'tosd.toml'), 'network = "lab"\n[peers]\nmax = 7\n')
  const { config, origins, file } = await loadConfig({ flags: { dataDir: data }, env: { HOME: dir } })
  assert.deepEqual([config.network, config.peers.max, origins['peers.max'], file], ['lab', 7, `file ${join(data, 'tosd.toml')}`, join(data, 'tosd.toml')])

  await assert.rejects(loadConfig({ file: join(dir, 'none.toml'), env: { HOME: dir } }), { code: 'CONFIG_INVALID', message: /cannot read .*none\.toml/ })
  writeFileSync(join(dir, 'bad.toml'), 'network = \n')
  await assert.rejects(loadConfig({ env: { HOME: dir, TOSD_CONFIG: join(dir, 'bad.toml') } }), { code: 'CONFIG_INVALID' })
  await assert.rejects(loadConfig({ flags: { listen: ['/ip4/1.2.3.4/tcp/99999'] }, env: { HOME: dir } }), { code: 'CONFIG_INVALID', message: /not a multiaddr.*flag --listen/ })
})

test('a file that is no TOML is told by line and column, and none of its bytes are repeated', async () => {
  const file = join(dir, 'binary.toml')
  writeFileSync(file, Buffer.from('network = "lab"\n[peers]\nmax = \u001b[31m\xff\n', 'latin1'))
  await assert.rejects(loadConfig({ file, env: { HOME: dir } }), error => {
    assert.ok(error instanceof TosError)
    assert.match(error.message, /^TOML is not valid in line 3, column \d+: [\x20-\x7e]+ \(file .*binary\.toml\)$/)
    return true
  })
})

test('wrong addresses, wrong values and values that do not fit together are reported together', async () => {
  const flags = { listen: ['/ip4/1.2.3.4/tcp/99999', '/ip4/1.2.3.4/udp/x'], 'peers.max': 'many', 'peers.min': '60', 'limits.readBufferBytes': '64KiB', difficulty: '5' } as const
  await assert.rejects(loadConfig({ flags, env: { HOME: dir } }), error => {
    assert.ok(error instanceof TosError)
    const keys = ((error.details?.['problems'] ?? []) as Problem[]).map(({ key }) => key)
    // peers.min is not judged by a peers.max that nobody gave
    assert.deepEqual(keys, ['listen', 'listen', 'peers.max', 'difficulty', 'limits.readBufferBytes'])
    return true
  })
})

test('without any name the only initialised directory is meant; with two, the default network', async () => {
  const home = join(dir, 'home')
  mkdirSync(join(home, '.tosd', 'testnet'), { recursive: true })
  writeFileSync(join(home, '.tosd', 'testnet', 'tosd.toml'), 'network = "testnet"\n')
  const one = await loadConfig({ env: { HOME: home } })
  assert.deepEqual([one.config.network, one.config.dataDir], ['testnet', join(home, '.tosd', 'testnet')])
  mkdirSync(join(home, '.tosd', 'devnet'))
  writeFileSync(join(home, '.tosd', 'devnet', 'tosd.toml'), 'network = "devnet"\n')
  assert.equal((await loadConfig({ env: { HOME: home } })).config.network, 'mainnet')
})

test('the rendered file is valid TOML that sets exactly what it was given', async () => {
  const file = join(dir, 'rendered.toml')
  writeFileSync(file, renderToml('devnet', new Map<OptionKey, unknown>([['network', 'devnet'], ['peers.max', 9]])))
  const { config, origins } = await loadConfig({ file, env: { HOME: dir } })
  assert.deepEqual([config.network, config.peers.max], ['devnet', 9])
  assert.deepEqual(OPTION_KEYS.filter(key => origins[key] !== 'default'), ['network', 'peers.max'])
  // uncommented, every documented default must be a value its own row accepts
  const all = renderToml('lab', new Map(describeOptions('lab').map(({ key, default: value }) => [key, value])))
  writeFileSync(file, all)
  await loadConfig({ file, env: { HOME: dir } })
})
