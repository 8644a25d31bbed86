import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAdminClient } from '../../src/monitor/index.ts'
import { lines, scratch, spawnTosd, tosd } from './run.ts'

const { dir, remove } = scratch('lone')
after(remove)

test('a node without a peer takes a transaction and keeps it in its pool', async () => {
  const options = ['--network', 'devnet', '--data-dir', join(dir, 'data'), '--json']
  const child = spawnTosd(['start', ...options, '--bootstrap', '', '--no-mdns'])
  const closed = once(child, 'close')
  try {
    await once(child.stdout, 'data')
    const answer = await tosd(['tx', 'send', 'hello', '--fee', '7', ...options])
    assert.deepEqual([answer.code, answer.stderr], [0, ''])
    const sent = lines(answer.stdout)[0]
    const found = lines((await tosd(['tx', 'get', String(sent?.['id']), ...options])).stdout)[0]
    const forPeople = await tosd(['tx', 'get', `0x${String(sent?.['id'])}`, '--network', 'devnet', '--data-dir', join(dir, 'data')])
    assert.match(forPeople.stdout, /^ {2}body +68656c6c6f\n {2}text +hello\n/m)
    const socket = lines((await tosd(['config', 'show', ...options])).stdout)[0]?.['adminSocket']
    for (const params of [{ fee: '1.5' }, { energyUsed: '-1' }, { nonce: 'x' }]) {
      const [name] = Object.keys(params)
      await assert.rejects(createAdminClient(String(socket)).txSend(params), { code: 'INVALID_VALUE', message: new RegExp(`^${name} must be a decimal u64`) })
    }
    const lost = await tosd(['ping', '/ip4/127.0.0.1/tcp/1', '--count', '1', ...options])
    assert.match(String(lines(lost.stdout)[0]?.['cause']), /ECONNREFUSED/)
    assert.deepEqual([found?.['sender'], found?.['fee'], found?.['body'], found?.['block']], [sent?.['sender'], '7', '68656c6c6f', undefined])
  } finally {
    child.kill('SIGTERM')
    await closed
  }
})
