import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { readTask } from '../../src/cli/unified/read-env.ts'
import type { TosError } from '../../src/errors/index.ts'
import { hasRedis, REDIS_HINT, startRedis } from '../support/redis-server.ts'
import { spawnTosd, tosd } from './run.ts'
import type { Ran } from './run.ts'

const redisHere = hasRedis()
if (!redisHere) console.error(`tosd --unified is NOT tested: there is no redis-server (${REDIS_HINT})`)

test('the task comes from the environment: what is missing or unknown is named, exit 2, and no server is asked', async () => {
  const base = { REDIS_ADDR: '127.0.0.1:1', TEST_KEY: 'a5b50d5e', IS_DIALER: 'true', TRANSPORT: 'tcp', SECURE_CHANNEL: 'noise', MUXER: 'yamux' }
  for (const [name, value] of [['REDIS_ADDR', ''], ['TEST_KEY', 'a b'], ['IS_DIALER', 'maybe'], ['TRANSPORT', 'webtransport'], ['SECURE_CHANNEL', 'plaintext'], ['MUXER', 'mplex'], ['ROLE', 'judge'], ['LISTENER_IP', '::']] as const) {
    assert.throws(() => readTask({ ...base, [name]: value }), error => (error as TosError).code === 'USAGE' && (error as TosError).message.startsWith(`${name} must be `), name)
  }
  for (const name of Object.keys(base)) assert.throws(() => readTask({ ...base, [name]: undefined }), { code: 'USAGE' }, name)
  const wrong = await tosd(['--unified'], { env: { ...base, TRANSPORT: 'carrier-pigeon' } })
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
  const { code, stderr } = await tosd(['--unified'], { env: base })
  assert.deepEqual([code, /REDIS_UNREACHABLE/.test(stderr)], [1, true], stderr)
})

describe('with a Redis server', { skip: redisHere ? false : `no redis-server: ${REDIS_HINT}` }, () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  const running: ChildProcessWithoutNullStreams[] = []
  before(async () => { redis = await startRedis() })
  after(async () => {
    await Promise.all(running.map(stop))
    await redis.stop()
  })

  /** A role that stays until it is told to stop. */
  function stay (env: Record<string, string>): ChildProcessWithoutNullStreams {
    const child = spawnTosd(['--unified'], { env: { REDIS_ADDR: redis.address, LISTENER_IP: '127.0.0.1', ...env } })
    child.stdout.resume()
    child.stderr.pipe(process.stderr)
    running.push(child)
    return child
  }

  async function stop (child: ChildProcessWithoutNullStreams): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    return child.exitCode
  }

  const play = async (env: Record<string, string>): Promise<Ran> => await tosd(['--unified'], { env: { REDIS_ADDR: redis.address, LISTENER_IP: '127.0.0.1', ...env } })

  for (const [TRANSPORT, SECURE_CHANNEL] of [['tcp', 'tls'], ['ws', 'noise'], ['quic-v1'], ['webrtc-direct']] as const) {
    test(`transport test, ${TRANSPORT} ${SECURE_CHANNEL ?? ''}: the dialler measures and passes, the listener ends with its signal`, { timeout: 60_000 }, async () => {
      const task = { TEST_KEY: `t-${TRANSPORT}-${SECURE_CHANNEL ?? ''}`, TRANSPORT, ...(SECURE_CHANNEL === undefined ? {} : { SECURE_CHANNEL, MUXER: 'yamux' }) }
      const listener = stay({ ...task, IS_DIALER: 'false' })
      const { code, stdout, stderr } = await play({ ...task, IS_DIALER: 'true' })
      assert.deepEqual([code, stderr], [0, ''])
      const [, both, rtt] = /^latency:\n {2}handshake_plus_one_rtt: ([\d.]+)\n {2}ping_rtt: ([\d.]+)\n {2}unit: ms\n$/.exec(stdout) ?? []
      assert.ok(Number(both) > Number(rtt) && Number(rtt) > 0, stdout)
      assert.equal(await stop(listener), 0)
    })
  }

  test('a dialler that nobody tells an address fails in time, with nothing on standard output', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await play({ TEST_KEY: 'alone', TRANSPORT: 'tcp', SECURE_CHANNEL: 'noise', MUXER: 'yamux', IS_DIALER: 'true', TEST_TIMEOUT_SECS: '1' })
    assert.deepEqual([code, stdout], [75, ''])
    assert.match(stderr, /TIMEOUT/)
  })

  test('kad-dht test: what a provider announced and stored a querier finds through the bootstrap; another key is a failure', { timeout: 120_000 }, async () => {
    const TEST_KEY = 'k1'
    stay({ TEST_KEY, ROLE: 'bootstrap' })
    stay({ TEST_KEY, ROLE: 'provider' })
    assert.deepEqual(await play({ TEST_KEY, ROLE: 'querier' }), { code: 0, stdout: 'status: pass\n', stderr: '' })
    stay({ TEST_KEY: 'k2', ROLE: 'bootstrap' })
    const alone = await play({ TEST_KEY: 'k2', ROLE: 'querier', TEST_TIMEOUT_SECS: '3' })
    assert.equal(alone.code, 1)
    assert.match(alone.stdout, /^error: .*\nstatus: fail\n$/)
  })
})
