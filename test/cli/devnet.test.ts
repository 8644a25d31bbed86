import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { lines, tosd, tosdProcess } from './run.ts'

interface View { readonly event: string, readonly nodes: Array<{ alive: boolean, status: { peers: { connected: number }, chain: { height: number, hash: string } } | null }> }

test('a devnet runs real processes that share a mined chain, and leaves nothing behind', async () => {
  const { code, stdout, stderr } = await tosdProcess(['devnet', '--nodes', '2', '--for', '3s', '--mine-interval-ms', '200', '--json'])
  assert.deepEqual([code, stderr], [0, ''])
  const events = lines(stdout)
  const nodes = events.filter(({ event }) => event === 'node') as Array<{ name: string, pid: number, adminSocket: string }>
  assert.deepEqual(nodes.map(({ name }) => name), ['node0', 'node1'])
  const views = events.filter(({ event }) => event === 'view') as unknown as View[]
  assert.ok(views.every(view => view.nodes.every(({ alive }) => alive)))
  const follower = views.at(-1)?.nodes[1]?.status
  assert.ok((follower?.chain.height ?? 0) > 0 && follower?.peers.connected === 1, JSON.stringify(follower))
  for (const { pid, adminSocket } of nodes) {
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
    assert.ok(!existsSync(dirname(dirname(adminSocket))))
  }
})

test('numbers that make no sense are refused', async () => {
  assert.match((await tosd(['devnet', '--for', '5'])).stderr, /^error: --for 5 has no unit +\[USAGE\]\n {2}hint {3}for seconds write --for 5s\n/)
  for (const args of [['--for', '5'], ['--nodes', '0'], ['--nodes', '65'], ['--nodes', 'x'], ['--for', 'ever']]) assert.equal((await tosd(['devnet', ...args])).code, 2, args.join(' '))
})
