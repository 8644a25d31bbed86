import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lines, scratch, spawnTosd, tosd } from './run.ts'
import type { Ran } from './run.ts'

const PEER = '12D3KooWDszB4mgJ4o7YoViNNDYuyZYH5d2mPtkUVkuyWqeq2zL8'
const NODE_ID = '3c5c33a46a360eff7a6a0b983c22aedba4545fc68b5a1648064f0e1a97c8d721'
const { dir, remove } = scratch('bans')
after(remove)

test('an operator bans, lists, pardons and asks why, through a running daemon', { timeout: 30_000 }, async () => {
  const target = ['--network', 'devnet', '--data-dir', join(dir, 'data')]
  const run = (...args: string[]): Promise<Ran> => tosd([...args, ...target])
  const child = spawnTosd(['start', ...target, '--bootstrap', '', '--no-mdns', '--json'])
  const closed = once(child, 'close')
  try {
    await once(child.stdout, 'data')
    const added = await run('bans', 'add', NODE_ID, '--for', '24h', '--reason', 'noise\u001b[2J', '--json')
    const [ban] = lines(added.stdout)
    assert.deepEqual([added.code, ban?.['target'], ban?.['by'], ban?.['reason'], Number(ban?.['until']) - Number(ban?.['since'])], [0, PEER, 'operator', 'noise [2J', 86_400_000])
    const [range, unknown, wrong, everybody, listed, explained] = await Promise.all([
      run('bans', 'add', '203.0.113.7/24'), run('bans', 'rm', '198.51.100.1', '--json'), run('bans', 'add', PEER, '--for', 'ever', '--json'), run('bans', 'add', '0.0.0.0/0', '--json'),
      run('bans', 'ls', '--json'), run('peers', 'explain', PEER, '--json')
    ])
    assert.equal(range.stdout, '203.0.113.0/24 is banned; the ban ends when it is removed\n')
    assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
    assert.match(wrong.stderr, /"USAGE"/)
    assert.match(everybody.stderr, /"INVALID_VALUE"/)
    assert.ok(lines(listed.stdout).some(({ target }) => target === PEER))
    const [why] = lines(explained.stdout)
    assert.deepEqual([why?.['score'], why?.['merit'], why?.['trouble'], why?.['whitelisted'], (why?.['ban'] as { by: string } | undefined)?.by], [500, 500, 0, false, 'operator'])
    // on disk before the command returned
    assert.match(readFileSync(join(dir, 'data', 'bans.bin'), 'utf8'), new RegExp(PEER))
    const [table, people, pardoned] = await Promise.all([run('bans', 'ls'), run('peers', 'explain', NODE_ID), run('bans', 'rm', PEER)])
    assert.match(table.stdout, /^TARGET +BY +TIMES +ENDS +REASON\n/)
    assert.match(people.stdout, / {2}score +500 of 1000 \(banned below 300\)\n/)
    assert.match(pardoned.stdout, new RegExp(`${PEER} +operator +1 +in 24 h`))
    const cleared = await run('bans', 'clear', '--json')
    assert.deepEqual(lines(cleared.stdout).map(({ target }) => target), ['203.0.113.0/24'])
    assert.deepEqual([(await run('bans', 'ls')).stderr], ['no bans\n'])
  } finally {
    child.kill('SIGTERM')
    await closed
  }
})
