import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { lines, scratch, spawnTosd, tosd, tosdProcess } from './run.ts'

const { dir, remove } = scratch('start')
const running = new Set<ChildProcessWithoutNullStreams>()
after(() => {
  for (const child of running) child.kill('SIGKILL')
  remove()
})

interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly ready: { readonly peerId: string, readonly nodeId: string, readonly addrs: string[], readonly adminSocket: string, readonly pid: number }
  readonly events: Array<Record<string, unknown>>
  readonly closed: Promise<unknown[]>
}

const options = (name: string): string[] => ['--network', 'devnet', '--data-dir', join(dir, name), '--json']

async function start (name: string, ...args: string[]): Promise<Started> {
  const child = spawnTosd(['start', ...options(name), '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', '', '--plain', '--no-mdns', ...args])
  running.add(child)
  const closed = once(child, 'close').finally(() => running.delete(child))
  let stderr = ''
  child.stderr.on('data', chunk => { stderr += String(chunk) })
  const events: Array<Record<string, unknown>> = []
  const first = new Promise<Started['ready']>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      const event = JSON.parse(line) as Record<string, unknown>
      events.push(event)
      if (events.length === 1) resolve(event as unknown as Started['ready'])
    })
    closed.then(() => reject(new Error(`ended early: ${stderr}`)), reject)
  })
  return { child, ready: await first, events, closed }
}

describe('tosd as a process', { concurrency: 2 }, () => {
  test('the first line tells everything; a signal ends the node gracefully, by itself, with exit 0', async () => {
    const { child, ready, events, closed } = await start('one')
    assert.deepEqual(Object.keys(ready), ['event', 'peerId', 'nodeId', 'addrs', 'adminSocket', 'pid'])
    assert.match(ready.addrs[0] ?? '', new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/${ready.peerId}$`))
    assert.deepEqual([ready.pid, statSync(ready.adminSocket).mode & 0o777], [child.pid, 0o600])
    const id = lines((await tosdProcess(['id', ...options('one')])).stdout)[0]
    assert.deepEqual([id?.['peerId'], id?.['nodeId']], [ready.peerId, ready.nodeId])

    const port = /tcp\/(\d+)/.exec(ready.addrs[0] ?? '')?.[1]
    const [second, taken] = await Promise.all([
      tosdProcess(['start', ...options('one'), '--admin-socket', join(dir, 'other.sock')]),
      tosdProcess(['start', ...options('taken'), '--listen', `/ip4/127.0.0.1/tcp/${port}`, '--bootstrap', '', '--no-mdns'])
    ])
    assert.deepEqual([second.code, second.stdout, lines(second.stderr)[0]?.['code']], [78, '', 'DATA_DIR_LOCKED'])
    assert.deepEqual([taken.code, lines(taken.stderr).at(-1)?.['code'], String(lines(taken.stderr).at(-1)?.['cause']).split('\n').length], [78, 'LISTEN_FAILED', 1])

    child.kill('SIGTERM')
    assert.deepEqual(await closed, [0, null])
    assert.deepEqual(events.slice(-2).map(({ event }) => event), ['stopping', 'stopped'])
    for (const file of ['lock', 'admin.sock']) assert.ok(!existsSync(join(dir, 'one', file)), file)
  })

  test('a running node takes chains, answers about them, and stops when told over the socket', async () => {
    const { closed } = await start('two')
    const [file, copy] = [join(dir, 'a.chain'), join(dir, 'b.chain')]
    await tosd(['chain', 'generate', '--blocks', '5', '--txs', '2', '--out', file])
    const imported = lines((await tosd(['chain', 'import', file, ...options('two')])).stdout).at(-1)
    assert.deepEqual([imported?.['blocks'], imported?.['height'], imported?.['done']], [5, 5, true])
    await tosd(['chain', 'export', copy, ...options('two')])
    assert.ok(readFileSync(copy).equals(readFileSync(file)))
    const verified = lines((await tosd(['chain', 'verify', '--signatures', ...options('two')])).stdout).at(-1)?.['verification'] as { blocks: number, damage?: unknown }
    assert.deepEqual([verified.blocks, verified.damage], [5, undefined])
    assert.deepEqual(lines((await tosd(['chain', 'stats', ...options('two')])).stdout).map(({ height, transactions, writable }) => [height, transactions, writable]), [[5, 10, true]])
    const pruned = await tosd(['chain', 'prune', ...options('two')])
    assert.deepEqual([pruned.code, lines(pruned.stderr)[0]?.['code']], [78, 'DATA_DIR_LOCKED'])
    const tip = lines((await tosd(['block', 'tips', ...options('two')])).stdout)[0]
    const block = lines((await tosd(['block', 'get', ...options('two')])).stdout)[0]
    assert.deepEqual([block?.['hash'], block?.['height'], (block?.['transactions'] as string[] | undefined)?.length], [tip?.['hash'], 5, 2])
    const shown = lines((await tosd(['config', 'show', '--running', '--origin', ...options('two')])).stdout)[0] as Record<string, { origin: string }>
    assert.deepEqual([shown['mdns']?.origin, shown['peers.max']?.origin], ['flag --mdns', 'default'])
    assert.equal((await tosd(['stop', ...options('two')])).code, 0)
    assert.deepEqual(await closed, [0, null])
  })

  test('a protocol written by a stranger in one file answers a request over the network', async () => {
    const [one, two] = [join(dir, 'hello.ts'), join(dir, 'quiet.ts')]
    await tosd(['protocol', 'new', 'hello', '--dir', dir])
    writeFileSync(two, readFileSync(one, 'utf8').replace(/ {2}handle:[^]*\n {2}\}\n/, ''))
    const [server, asker] = await Promise.all([start('server', '--protocol', one), start('asker', '--protocol', two)])
    const target = server.ready.addrs[0] ?? ''
    assert.equal((await tosd(['peers', 'connect', target, ...options('asker')])).code, 0)
    assert.deepEqual(lines((await tosd(['peers', 'ls', ...options('asker')])).stdout).map(({ peerId, direction }) => [peerId, direction]), [[server.ready.peerId, 'outbound']])
    const answer = await tosdProcess(['request', 'hello', server.ready.peerId, '{"name":"alice"}', ...options('asker')])
    assert.deepEqual([answer.code, answer.stderr, lines(answer.stdout)], [0, '', [{ text: 'hello alice' }]])
    const pings = lines((await tosd(['ping', server.ready.peerId, '--count', '2', '--interval', '1ms', ...options('asker')])).stdout)
    assert.deepEqual(pings.map(({ seq, error }) => [seq, error]), [[0, undefined], [1, undefined]])
    // a peer that listens no more holds a stop up for half a second: it is waited for with the goodbye
    asker.child.kill('SIGSTOP')
    // a second signal means now; one that follows within 300 ms is the echo of a launcher, so this insists
    const insist = setInterval(() => server.child.kill('SIGINT'), 50)
    const ended = await server.closed
    clearInterval(insist)
    assert.deepEqual(ended, [130, null])
    asker.child.kill('SIGCONT')
    asker.child.kill('SIGINT')
    assert.deepEqual(await asker.closed, [0, null])
  })

  test('stop returns when the process is gone: the directory can be used again at once, five times over', async () => {
    for (let i = 0; i < 5; i++) {
      const { child, closed } = await start('again', '--mine', '--mine-interval-ms', '1h')
      assert.equal((await tosd(['wait-ready', '--timeout', '20s', ...options('again')])).code, 0)
      const stopped = await tosdProcess(['stop', ...options('again')])
      assert.deepEqual([stopped.code, stopped.stderr, lines(stopped.stdout)], [0, '', [{ stopped: true, pid: child.pid }]])
      assert.throws(() => process.kill(child.pid as number, 0), { code: 'ESRCH' })
      assert.ok(!existsSync(join(dir, 'again', 'lock')))
      await closed
    }
  })
})
