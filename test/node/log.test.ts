import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../../src/node/log.ts'
import type { LogOptions } from '../../src/node/log.ts'

async function capture (options: Partial<LogOptions>): Promise<{ lines: Array<Record<string, unknown>>, log: Awaited<ReturnType<typeof createLog>> }> {
  const lines: Array<Record<string, unknown>> = []
  const destination = { write: (line: string) => { lines.push(JSON.parse(line) as Record<string, unknown>) } }
  return { lines, log: await createLog({ level: 'info', format: 'auto', components: [], destination, ...options }) }
}

test('libp2p is quiet at info, and what it would log is not formatted', async () => {
  const { lines, log } = await capture({})
  const tcp = log.components.forComponent('libp2p:tcp')
  const bomb = { toString: () => assert.fail('formatted') }
  tcp('dial %s', bomb)
  tcp.error('failed %s', bomb)
  tcp.trace('x %s', bomb)
  assert.deepEqual([lines.length, tcp.enabled], [0, false])
  log.log.info({ peer: 'p' }, 'connected')
  log.log.debug('hidden')
  assert.deepEqual(lines.map(({ msg, peer }) => [msg, peer]), [['connected', 'p']])
})

test('our own components warn of their errors', async () => {
  const { lines, log } = await capture({})
  log.components.forComponent('tos:sync').error('stuck at %d', 7)
  assert.deepEqual(lines.map(({ level, component, msg }) => [level, component, msg]), [[40, 'tos:sync', 'stuck at 7']])
})

test('the longest component rule wins, and levels change while running', async () => {
  const { lines, log } = await capture({ components: ['libp2p:*=debug', 'libp2p:tcp=silent'] })
  const tcp = log.components.forComponent('libp2p:tcp')
  const yamux = log.components.forComponent('libp2p').newScope('yamux')
  tcp('a')
  yamux('b')
  log.setLevel('silent', 'libp2p')
  yamux('c')
  log.setLevel('trace', 'libp2p:tcp')
  tcp.trace('d')
  log.setLevel('debug')
  log.log.debug('e')
  assert.deepEqual(lines.map(({ msg }) => msg), ['b', 'd', 'e'])
  assert.deepEqual([tcp.enabled, yamux.enabled], [true, false])
})

test('formatters are filled in order; errors and bytes are readable; a line has an end', async () => {
  const { lines, log } = await capture({ level: 'trace' })
  const x = log.components.forComponent('libp2p:x')
  x('%s of %d%% %p', 'a', 5, { toString: () => 'peer' }, 'rest', new Uint8Array([1, 255]))
  x(new RangeError('bad'))
  x('%o %e %s', { a: 1 }, new Error('why'))
  x('y'.repeat(9000))
  x('%s %s', 'y'.repeat(9000), 'behind')
  assert.deepEqual(lines.slice(0, 3).map(({ msg }) => msg), ['a of 5% peer rest 01ff', 'RangeError: bad', '{ a: 1 } Error: why %s'])
  assert.equal(String(lines[3]?.['msg']).length, 4096)
  assert.equal(lines[4]?.['msg'], `${'y'.repeat(1024)} behind`)
})

test('what a peer chose cannot steer the terminal: control characters are replaced, C1 too', async () => {
  const { lines, log } = await capture({ level: 'trace' })
  const x = log.components.forComponent('tos:x')
  const evil = 'a\u001b[2Jb\r\n\u009b1mc\u0007\u007f'
  const safe = 'a\ufffd[2Jb\ufffd\ufffd\ufffd1mc\ufffd\ufffd'
  x('%s', evil)
  x('told', evil)
  x('%e', new Error(evil))
  x(new Error(evil))
  x('%p', { toString: () => evil })
  assert.deepEqual(lines.map(({ msg }) => msg), [safe, `told ${safe}`, `Error: ${safe}`, `Error: ${safe}`, safe])
  x('%o %j', { evil }, [evil])
  assert.doesNotMatch(String(lines[5]?.['msg']), /\p{Cc}/u)
  x('two\nlines \u009b1m')
  x('%s', '\u202efdp.exe')
  assert.deepEqual(lines.slice(6).map(({ msg }) => msg), ['two\nlines \ufffd1m', '\ufffdfdp.exe'])
})
