import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { openBoard } from '../../src/cli/unified/board.ts'
import type { Board } from '../../src/cli/unified/board.ts'
import { bootstrapRole, providerRole, querierRole } from '../../src/cli/unified/kad-role.ts'
import { readTask } from '../../src/cli/unified/read-env.ts'
import { openRoleNode } from '../../src/cli/unified/role-node.ts'
import { dialRole, listenRole } from '../../src/cli/unified/transport-role.ts'
import type { TosError } from '../../src/errors/index.ts'
import type { TosNode } from '../../src/index.ts'
import { hasRedis, REDIS_HINT, startRedis } from '../support/redis-server.ts'
import { spawnTosd, tosdProcess } from './run.ts'

const LATENCY = /^latency:\n {2}handshake_plus_one_rtt: ([\d.]+)\n {2}ping_rtt: ([\d.]+)\n {2}unit: ms\n$/
const redisHere = hasRedis()
if (!redisHere) console.error(`tosd --unified is NOT tested: there is no redis-server (${REDIS_HINT})`)

test('the task comes from the environment: what is missing or unknown is named, exit 2, and no server is asked', async () => {
  const base = { REDIS_ADDR: '127.0.0.1:1', TEST_KEY: 'a5b50d5e', IS_DIALER: 'true', TRANSPORT: 'tcp', SECURE_CHANNEL: 'noise', MUXER: 'yamux' }
  for (const [name, value] of [['REDIS_ADDR', ''], ['TEST_KEY', 'a b'], ['IS_DIALER', 'maybe'], ['TRANSPORT', 'webtransport'], ['SECURE_CHANNEL', 'plaintext'], ['MUXER', 'mplex'], ['ROLE', 'judge'], ['LISTENER_IP', '::']] as const) {
    assert.throws(() => readTask({ ...base, [name]: value }), error => (error as TosError).code === 'USAGE' && (error as TosError).message.startsWith(`${name} must be `), name)
  }
  for (const name of Object.keys(base)) assert.throws(() => readTask({ ...base, [name]: undefined }), { code: 'USAGE' }, name)
  const wrong = await tosdProcess(['--unified'], { env: { ...base, TRANSPORT: 'carrier-pigeon' } })
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
  const { code, stderr } = await tosdProcess(['--unified'], { env: base })
  assert.deepEqual([code, /REDIS_UNREACHABLE/.test(stderr)], [1, true], stderr)
})

describe('with a Redis server', { skip: redisHere ? false : `no redis-server: ${REDIS_HINT}` }, () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  const running: ChildProcessWithoutNullStreams[] = []
  const closing: Array<() => Promise<void>> = []
  before(async () => { redis = await startRedis() })
  after(async () => {
    await Promise.all([...running.map(stop), ...closing.map(close => close())])
    await redis.stop()
  })

  /** The node and the board of one role, closed at the end. */
  async function role (task: ReturnType<typeof readTask>): Promise<{ node: TosNode, board: Board }> {
    const [node, board] = [await openRoleNode(task), await openBoard(task.redis, task.testKey)]
    closing.push(async () => {
      board.close()
      await node.stop()
    })
    return { node, board }
  }

  async function stop (child: ChildProcessWithoutNullStreams): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    return child.exitCode
  }

  const task = <K extends 'transport' | 'kad'>(test: K, env: Record<string, string>): Extract<ReturnType<typeof readTask>, { test: K }> => {
    const task = readTask({ REDIS_ADDR: redis.address, LISTENER_IP: '127.0.0.1', ...env })
    assert.equal(task.test, test)
    return task as Extract<ReturnType<typeof readTask>, { test: K }>
  }

  test('transport test by two processes: the dialler measures and passes, the listener ends with its signal', { timeout: 60_000 }, async () => {
    const env = { REDIS_ADDR: redis.address, LISTENER_IP: '127.0.0.1', TEST_KEY: 'two', TRANSPORT: 'tcp', SECURE_CHANNEL: 'tls', MUXER: 'yamux' }
    const listener = spawnTosd(['--unified'], { env: { ...env, IS_DIALER: 'false' } })
    listener.stdout.resume()
    listener.stderr.pipe(process.stderr)
    running.push(listener)
    const { code, stdout, stderr } = await tosdProcess(['--unified'], { env: { ...env, IS_DIALER: 'true' } })
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, LATENCY)
    assert.equal(await stop(listener), 0)
  })

  for (const [TRANSPORT, SECURE_CHANNEL, expected] of [['tcp', 'noise', '/noise'], ['ws', 'tls', '/tls/1.0.0'], ['quic-v1', undefined, 'native'], ['webrtc-direct', undefined, 'native']] as const) {
    test(`transport test, ${TRANSPORT} ${SECURE_CHANNEL ?? ''}: the two meet over what was asked for`, { timeout: 60_000 }, async () => {
      const env = { TEST_KEY: `t-${TRANSPORT}`, TRANSPORT, ...(SECURE_CHANNEL === undefined ? {} : { SECURE_CHANNEL, MUXER: 'yamux' }) }
      const [listening, dialling] = [task('transport', { ...env, IS_DIALER: 'false' }), task('transport', { ...env, IS_DIALER: 'true' })]
      const [listener, dialler] = [await role(listening), await role(dialling)]
      const stopped = new AbortController()
      const listens = listenRole(listener.node, listener.board, stopped.signal)
      const [, both, rtt] = LATENCY.exec(await dialRole(dialler.node, dialler.board, AbortSignal.timeout(30_000))) ?? []
      assert.ok(Number(both) > Number(rtt) && Number(rtt) > 0)
      assert.equal(dialler.node.getConnections()[0]?.encryption ?? 'native', expected)
      stopped.abort()
      await listens
    })
  }

  test('kad-dht test: what a provider announced and stored a querier finds through the bootstrap; another key is a failure', { timeout: 60_000 }, async () => {
    const [bootstrap, provider, querier] = await Promise.all(['bootstrap', 'provider', 'querier'].map(async ROLE => role(task('kad', { TEST_KEY: 'k1', ROLE }))))
    assert.ok(bootstrap !== undefined && provider !== undefined && querier !== undefined)
    const stopped = new AbortController()
    const signal = AbortSignal.timeout(30_000)
    const staying = [bootstrapRole(bootstrap.node, bootstrap.board, stopped.signal), providerRole(provider.node, provider.board, 'k1', signal, stopped.signal)]
    assert.deepEqual(await querierRole(querier.node, querier.board, 'k1', signal), { passed: true, yaml: 'status: pass\n' })
    assert.deepEqual(await querierRole(querier.node, querier.board, 'k2', signal), { passed: false, yaml: 'error: "no provider found"\nstatus: fail\n' })
    stopped.abort()
    await Promise.all(staying)
  })

  test('who is told nothing gives up in time', async () => {
    const board = await openBoard(task('kad', { TEST_KEY: 'alone', ROLE: 'querier' }).redis, 'alone')
    await assert.rejects(board.wait('listener_multiaddr', AbortSignal.timeout(200)), { code: 'TIMEOUT' })
    board.close()
  })
})
