import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { checkHost, checkNetwork, diagnosis, MIN_NODE, probeHost, seedNames } from '../../src/monitor/doctor/index.ts'
import type { DoctorView, Finding, HostFacts, NetworkFacts } from '../../src/monitor/doctor/index.ts'
import { scratch, spawnTosd, tosd } from './run.ts'

const { dir, remove } = scratch('doctor')
after(remove)

const host: HostFacts = {
  version: '1.0.0', node: '24.21.0', isPublic: true, dataDir: { path: '/data', state: 'writable', freeBytes: 9 * 1024 ** 3 },
  key: { path: '/data/node.key', mode: 0o600 }, names: [{ name: 'seed1.tos.network', found: true }, { name: 'seed2.tos.network', found: true }]
}
const network: NetworkFacts = {
  isPublic: true, listen: { configured: ['/ip4/0.0.0.0/tcp/2080'], actual: ['/ip4/192.0.2.1/tcp/2080'] },
  reach: { autonat: true, verified: ['/ip4/8.8.8.8/tcp/2080'], announced: 0, inboundPublic: 0, relayed: 0 },
  clock: { skewsMs: [100, -200, 50], refused: 0 }, peers: { connected: 9, sessions: 9, min: 8, target: 25 }
}
const unseen = { autonat: true, verified: [], announced: 0, inboundPublic: 0, relayed: 0 }
const lost = { name: 'seed1.tos.network', found: false, reason: 'ENOTFOUND' }

function find (findings: readonly Finding[], check: string): Finding {
  const finding = findings.find(finding => finding.check === check)
  assert.ok(finding !== undefined, check)
  assert.equal(finding.hint === undefined, finding.outcome === 'PASS', `${check}: whatever does not pass has a hint`)
  return finding
}

const cases: ReadonlyArray<readonly [name: string, check: string, wanted: Finding['outcome'], facts: { host?: Partial<HostFacts>, network?: Partial<NetworkFacts> }, says?: RegExp]> = [
  ['a healthy machine', 'version', 'PASS', {}],
  ['Node below what the package needs', 'version', 'FAIL', { host: { node: '24.9.1' } }],
  ['a newer major', 'version', 'PASS', { host: { node: '26.0.0' } }],
  ['an older major with higher minor', 'version', 'FAIL', { host: { node: '22.30.0' } }],
  ['a writable data directory', 'data directory', 'PASS', {}],
  ['a data directory yet to be made', 'data directory', 'WARN', { host: { dataDir: { path: '/data', state: 'missing', freeBytes: 2 ** 40 } } }],
  ['a data directory that cannot be written', 'data directory', 'FAIL', { host: { dataDir: { path: '/data', state: 'unwritable' } } }],
  ['room on the disk', 'disk', 'PASS', {}],
  ['little room', 'disk', 'WARN', { host: { dataDir: { path: '/data', state: 'writable', freeBytes: 1024 ** 3 - 1 } } }],
  ['no room', 'disk', 'FAIL', { host: { dataDir: { path: '/data', state: 'writable', freeBytes: 100 * 1024 ** 2 - 1 } } }],
  ['a disk that does not tell', 'disk', 'WARN', { host: { dataDir: { path: '/data', state: 'writable' } } }],
  ['a private key file', 'key file', 'PASS', {}],
  ['no key file', 'key file', 'WARN', { host: { key: { path: '/data/node.key' } } }],
  ['a key file the group may read', 'key file', 'FAIL', { host: { key: { path: '/data/node.key', mode: 0o640 } } }, /0640/],
  ['names that resolve', 'dns', 'PASS', {}],
  ['no names', 'dns', 'PASS', { host: { names: [] } }],
  ['one name of two lost', 'dns', 'WARN', { host: { names: [lost, { name: 'seed2', found: true }] } }, /seed1\.tos\.network \(ENOTFOUND\)/],
  ['offline on a public network', 'dns', 'FAIL', { host: { names: [lost] } }],
  ['offline on a devnet', 'dns', 'WARN', { host: { names: [lost], isPublic: false } }],
  ['listening', 'listening', 'PASS', {}],
  ['no listen address, by choice', 'listening', 'WARN', { network: { listen: { configured: [], actual: [] } } }],
  ['some of the addresses', 'listening', 'WARN', { network: { listen: { configured: ['/a', '/b'], actual: ['/a'] } } }],
  ['none of the addresses', 'listening', 'FAIL', { network: { listen: { configured: ['/a'], actual: [] } } }],
  ['dialled back', 'reachable', 'PASS', {}],
  ['came in from the internet', 'reachable', 'PASS', { network: { reach: { ...unseen, autonat: false, inboundPublic: 1 } } }],
  ['a devnet', 'reachable', 'PASS', { network: { isPublic: false, reach: unseen } }],
  ['a relay only', 'reachable', 'WARN', { network: { reach: { ...unseen, relayed: 1 } } }, /relay/],
  ['announced but unseen', 'reachable', 'WARN', { network: { reach: { ...unseen, announced: 1 } } }, /announced/],
  ['nobody asked', 'reachable', 'WARN', { network: { reach: { ...unseen, autonat: false } } }, /not known/],
  ['nobody came', 'reachable', 'WARN', { network: { reach: unseen } }, /no peer has reached/],
  ['a clock like others', 'clock', 'PASS', {}],
  ['nobody to compare with', 'clock', 'WARN', { network: { clock: { skewsMs: [], refused: 0 } } }],
  ['refused frames and no session', 'clock', 'FAIL', { network: { clock: { skewsMs: [], refused: 3 } } }],
  ['one peer far off', 'clock', 'WARN', { network: { clock: { skewsMs: [120_000], refused: 0 } } }, /120\.0 s behind 1 peers/],
  ['one liar among three', 'clock', 'PASS', { network: { clock: { skewsMs: [0, 10, 200_000], refused: 0 } } }],
  ['three agree that we are off', 'clock', 'FAIL', { network: { clock: { skewsMs: [-61_000, -60_000, -62_000], refused: 0 } } }, /61\.0 s ahead of 3 peers/],
  ['three agree on a little', 'clock', 'WARN', { network: { clock: { skewsMs: [6000, 6000, 6000], refused: 0 } } }],
  ['enough peers', 'peers', 'PASS', {}],
  ['too few', 'peers', 'WARN', { network: { peers: { connected: 7, sessions: 7, min: 8, target: 25 } } }],
  ['none of them speaks TOS', 'peers', 'WARN', { network: { peers: { connected: 9, sessions: 0, min: 8, target: 25 } } }],
  ['alone on a public network', 'peers', 'FAIL', { network: { peers: { connected: 0, sessions: 0, min: 8, target: 25 } } }],
  ['alone on a devnet', 'peers', 'WARN', { network: { isPublic: false, peers: { connected: 0, sessions: 0, min: 8, target: 25 } } }]
]

for (const [name, check, wanted, facts, says] of cases) {
  test(`${check}: ${name} is ${wanted}`, () => {
    const finding = find([...checkHost({ ...host, ...facts.host }), ...checkNetwork({ ...network, ...facts.network })], check)
    assert.equal(finding.outcome, wanted, finding.message)
    if (says !== undefined) assert.match(finding.message, says)
  })
}

test('the worst finding is the outcome of the whole', () => {
  const of = (...outcomes: Finding['outcome'][]): string => diagnosis(true, outcomes.map(outcome => ({ check: 'any', outcome, message: '' }))).outcome
  assert.deepEqual([of('PASS'), of('PASS', 'WARN'), of('WARN', 'FAIL', 'PASS')], ['PASS', 'WARN', 'FAIL'])
})

test('the oldest Node is the one package.json names', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { engines: { node: string } }
  assert.equal(`>=${MIN_NODE.replace(/\.0$/, '')}`, engines.node)
})

test('seed names are those of dns addresses, each once, and of TXT records', () => {
  assert.deepEqual(seedNames(['/dns/a.org/tcp/1', '/dns4/a.org/tcp/2', '/ip4/1.2.3.4/tcp/1', '/dnsaddr/b.org'], ['peers.c.org']), [
    { name: 'a.org', kind: 'address' }, { name: '_dnsaddr.b.org', kind: 'txt' }, { name: 'peers.c.org', kind: 'txt' }
  ])
})

test('the probe sees what is on the machine, and changes nothing', async () => {
  const dataDir = join(dir, 'probe')
  const missing = await probeHost({ version: '1', isPublic: false, dataDir, names: [] })
  assert.deepEqual([missing.dataDir.state, missing.key.mode, (missing.dataDir.freeBytes ?? 0) > 0], ['missing', undefined, true])
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'node.key'), 'x')
  chmodSync(join(dataDir, 'node.key'), 0o644)
  const lookup = async ({ name }: { name: string }): Promise<string[]> => {
    if (name === 'gone') throw Object.assign(new Error('no'), { code: 'ENOTFOUND' })
    return name === 'empty' ? [] : ['127.0.0.1']
  }
  const seen = await probeHost({ version: '1', isPublic: false, dataDir, names: ['good', 'gone', 'empty'].map(name => ({ name, kind: 'address' })), lookup })
  assert.deepEqual([seen.dataDir.state, seen.key.mode], ['writable', 0o644])
  assert.deepEqual(seen.names, [{ name: 'good', found: true }, { name: 'gone', found: false, reason: 'ENOTFOUND' }, { name: 'empty', found: false }])
})

test('without a node tosd doctor checks the machine, says what it left out, and exits 1 when something fails', async () => {
  const dataDir = join(dir, 'alone')
  const args = ['doctor', '--network', 'devnet', '--data-dir', dataDir]
  const fine = await tosd([...args, '--json'])
  const view = JSON.parse(fine.stdout) as DoctorView
  assert.deepEqual([fine.code, view.daemon, view.outcome], [0, false, 'WARN'])
  assert.deepEqual(view.checks.map(({ check }) => check), ['daemon', 'version', 'data directory', 'disk', 'key file', 'dns'])
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'node.key'), 'x', { mode: 0o644 })
  const bad = await tosd(args)
  assert.equal(bad.code, 1)
  assert.match(bad.stdout, /^FAIL {2}key file +others may read .* \(mode 0644\)\n +hint: chmod 600 /m)
  assert.match(bad.stdout, /\nFAIL: \d passed, \d warnings, 1 failed\n$/)
})

test('a running node is asked: its listeners, its session peer and that one’s clock are in the answer', { timeout: 20_000 }, async () => {
  const target = ['--network', 'devnet', '--data-dir', join(dir, 'running')]
  const child = spawnTosd(['start', ...target, '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', '', '--no-mdns', '--peers-min', '1', '--json'])
  const started = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>
  const { createTosNode } = await import('../../src/index.ts')
  const peer = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], listen: [] })
  try {
    const { addrs: [address = ''] } = JSON.parse((await started)[0]) as { addrs: string[] }
    await peer.services.session.ready(await peer.dial(multiaddr(address)))
    const { code, stdout } = await tosd(['doctor', '--json', ...target])
    const view = JSON.parse(stdout) as DoctorView
    assert.deepEqual([code, view.daemon], [0, true], stdout)
    for (const check of ['version', 'data directory', 'key file', 'dns', 'listening', 'reachable', 'clock', 'peers']) assert.equal(find(view.checks, check).outcome, 'PASS', stdout)
    assert.match(find(view.checks, 'clock').message, /of 1 peers/)
  } finally {
    child.kill('SIGTERM')
    await Promise.all([peer.stop(), once(child, 'exit')])
  }
})
