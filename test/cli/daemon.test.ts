import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { serveAdmin } from '../../src/monitor/index.ts'
import type { AdminServer } from '../../src/monitor/index.ts'
import { createFakeApi } from '../monitor/fake-api.ts'
import { lines, scratch, spawnTosd, tosd, tosdProcess } from './run.ts'

const { dir, remove } = scratch('daemon')
const socket = join(dir, 'admin.sock')
const fake = createFakeApi()
const ask = (...args: string[]): ReturnType<typeof tosd> => tosd([...args, '--admin-socket', socket, '--json'])
let server: AdminServer

before(async () => { server = await serveAdmin(fake.api, socket) })
after(async () => {
  await server.close()
  remove()
})

test('status says ready, for programs and for people', async () => {
  assert.equal(lines((await ask('status')).stdout)[0]?.['ready'], true)
  const { code, stdout } = await tosdProcess(['status', '--admin-socket', socket])
  assert.equal(code, 0)
  assert.match(stdout, /^ready\n {2}network {2}devnet \(full\)\n/)
})

test('an error of the daemon ends the command with its code, details and exit code', async () => {
  const json = await ask('peers', 'connect', '/ip4/1.2.3.4/tcp/1')
  assert.deepEqual([json.code, json.stdout, lines(json.stderr)[0]?.['code']], [1, '', 'PEER_UNREACHABLE'])
  const { stderr } = await tosd(['peers', 'connect', '/ip4/1.2.3.4/tcp/1', '--admin-socket', socket])
  assert.equal(stderr, [
    'error: cannot reach /ip4/1.2.3.4/tcp/1                    [PEER_UNREACHABLE]', '  tried  2', '  cause  Error: refused',
    '  hint   check the address, and that the peer runs and listens there', ''
  ].join('\n'))
})

test('streams are one JSON line per item', async () => {
  const { code, stdout } = await ask('ping', 'somebody', '--count', '3', '--interval', '1ms')
  assert.deepEqual([code, lines(stdout).map(({ seq }) => seq)], [0, [0, 1, 2]])
  assert.deepEqual(fake.asked.at(-1), { peer: 'somebody', count: 3, intervalMs: 1 })
  assert.deepEqual(lines((await ask('request', 'hello', 'somebody', '{"name":"alice"}')).stdout), [{ name: 'alice' }])
})

test('what the user types becomes the parameters of the call', async () => {
  await ask('tx', 'send', 'hi', '--fee', '18446744073709551615', '--priority', 'urgent', '--privacy', 'high', '--energy', '5')
  assert.deepEqual(fake.asked.at(-1), { body: '6869', fee: '18446744073709551615', priority: 3, privacyLevel: 2, energyUsed: '5' })
  await ask('tx', 'send', '--raw', '00ff')
  assert.deepEqual(fake.asked.at(-1), { raw: '00ff' })
  await ask('block', 'get', '7', '--full')
  assert.deepEqual(fake.asked.at(-1), { height: 7, full: true })
  await ask('block', 'get', 'AB'.repeat(32))
  assert.deepEqual(fake.asked.at(-1), { hash: 'ab'.repeat(32) })
})

test('shares and templates: what is typed, what is shown, by either name', async () => {
  await ask('share', 'submit', '--task', '0xAB', '--quality', '7', '--energy', '5', '--stake', '6', '--pool', 'p', '--work', '2048')
  assert.deepEqual(fake.asked.at(-1), { task: 'AB', quality: 7, energyUsed: '5', stakeAmount: '6', difficulty: '2048', pool: 'p' })
  await ask('gpu-share', 'submit', '--raw', '0x00ff', '--pool', 'p')
  assert.deepEqual(fake.asked.at(-1), { raw: '00ff', pool: 'p' })
  await ask('share', 'ls', '--miner', '0xcd', '--max', '5')
  assert.deepEqual(fake.asked.at(-1), { max: 5, miner: 'cd' })
  const show = async (...args: string[]): Promise<string> => (await tosd([...args, '--admin-socket', socket])).stdout
  assert.match(await show('share', 'ls'), /^SHARE +MINER +TASK +DIFFICULTY +QUALITY +FROM\nabababababababab… +cdcdcdcdcdcdcdcd… +00… +1024 +80 +topic\n$/)
  assert.match(await show('share', 'ls', '--by-miner'), /3 +3072 +80\.3 +2\.0 s ago\n$/)
  for (const flag of ['--ai-mined', '--gpu-mined']) {
    await ask('block', 'template', '--miner', '0xcd', flag)
    assert.deepEqual(fake.asked.at(-1), { miner: 'cd', aiMined: true }, flag)
  }
  assert.match(await show('block', 'template'), /target +ff\n/)
  assert.equal(lines((await ask('block', 'submit', 'ab', '7')).stderr)[0]?.['code'], 'STALE_TEMPLATE')
  assert.deepEqual(fake.asked.at(-1), { template: 'ab', nonce: '7' })
})

test('what makes no sense is refused before the daemon is asked', async () => {
  const before = fake.asked.length
  for (const args of [['block', 'get', 'xyz'], ['block', 'get', '7', '--hash', 'ab'.repeat(32)], ['ping', 'p', '--count', 'many'], ['tx', 'send', 'a', '--body-hex', '00'], ['tx', 'send', '--priority', 'x'], ['tx', 'send', 'a', '--fee', '1.5'], ['tx', 'send', 'a', '--energy', '18446744073709551616'], ['tx', 'send', 'a', '--nonce', 'x'], ['request', 'h', 'p', '{'], ['share', 'submit', '--quality', '101'], ['share', 'submit', '--nonce', '1'], ['share', 'ls', '--max', 'x'], ['block', 'submit', 'ab', 'x']]) {
    assert.equal((await ask(...args)).code, 2, args.join(' '))
  }
  assert.equal(fake.asked.length, before)
})

test('a number that is none is named with its option', async () => {
  assert.match((await tosd(['tx', 'send', 'a', '--fee', '-1', '--admin-socket', socket])).stderr, /^error: --fee must be a whole number from 0 to 18446744073709551615, got -1/)
})

test('events are lines for a person, JSON for a program', async () => {
  const child = spawnTosd(['events', '--admin-socket', socket])
  const beat = setInterval(() => fake.events.emit({ event: 'transaction', id: 'ee', origin: 'local' }), 20)
  assert.match(String((await once(child.stdout, 'data'))[0]), /^00:00:00 {2}transaction ee… sent\n/)
  child.kill('SIGINT')
  await once(child, 'close')
  clearInterval(beat)
})

test('two connections to one peer are one row', async () => {
  const rows = (await tosd(['peers', 'ls', '--admin-socket', socket])).stdout.trim().split('\n')
  assert.deepEqual(rows.map(row => row.split(/ {2,}/)), [['PEER', 'DIR', 'FOR', 'RTT', 'AGENT', 'ADDRESS'], ['p1', 'in+out', '5.0 s', '1.5 ms', 'a\\u001b[2J', '/a, /b'], ['p2', 'in', '1 ms', '-', '-', '/c']])
})

test('wait-ready returns when the node is ready and ends in 75 when it is not in time', async () => {
  assert.equal((await ask('wait-ready')).code, 0)
  const late = await ask('wait-ready', '--height', '4', '--timeout', '300ms')
  assert.deepEqual([late.code, lines(late.stderr)[0]?.['code']], [75, 'TIMEOUT'])
  const nobody = await tosdProcess(['wait-ready', '--admin-socket', join(dir, 'none.sock'), '--timeout', '300ms', '--json'])
  assert.equal(nobody.code, 75)
})

test('an interrupted stream ends at once and cancels the work in the daemon', async () => {
  const child = spawnTosd(['events', '--admin-socket', socket, '--json'])
  const beat = setInterval(() => fake.events.emit({ event: 'transaction', id: 'ee', origin: 'local' }), 20)
  assert.match(String((await once(child.stdout, 'data'))[0]), /"event":"transaction"/)
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'close'), [130, null])
  clearInterval(beat)
})
