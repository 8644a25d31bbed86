import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lines, scratch, spawnTosd, tosd } from './run.ts'

const DEAD = '/ip4/127.0.0.1/tcp/1'
const { dir, remove } = scratch('discover')
after(remove)

test('discover tells who came from where, what they wait for and why a source failed', { timeout: 30_000 }, async () => {
  const target = ['--network', 'devnet', '--data-dir', join(dir, 'data')]
  const child = spawnTosd(['start', ...target, '--bootstrap', DEAD, '--dns-seeds', 'gone.example.test', '--dns-servers', '127.0.0.1:1', '--no-mdns', '--json'])
  const closed = once(child, 'close')
  try {
    await once(child.stdout, 'data')
    const ask = async (): Promise<Record<string, unknown> | undefined> => lines((await tosd(['discover', '--json', ...target])).stdout)[0]
    let view = await ask()
    while (!/"failures":[1-9]/.test(JSON.stringify(view)) || !JSON.stringify(view).includes('DNS_LOOKUP_FAILED')) view = await ask()
    const [candidate] = (view?.['candidates'] ?? []) as Array<{ key: string, origins: string[] }>
    assert.deepEqual([candidate?.key, candidate?.origins], [DEAD, [`bootstrap:${DEAD}`]])
    const people = await tosd(['discover', ...target])
    assert.match(people.stdout, /^PEER +NAMED BY +STATE +FAILED +ADDRESSES\n/)
    assert.match(people.stdout, /dns:gone\.example\.test .*DNS_LOOKUP_FAILED/)
  } finally {
    child.kill('SIGTERM')
    await closed
  }
})
