import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
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
    assert.deepEqual([found?.['sender'], found?.['fee'], found?.['body'], found?.['block']], [sent?.['sender'], '7', '68656c6c6f', undefined])
  } finally {
    child.kill('SIGTERM')
    await closed
  }
})
