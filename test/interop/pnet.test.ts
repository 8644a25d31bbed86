import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overPairs } from './harness/cell.ts'
import type { Pair, PairScenario } from './harness/cell.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import { assertEcho, dial } from './harness/steps.ts'
import { PY_LACKS } from './py/known.ts'

const key = (byte: string): string => byte.repeat(32)
const base: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] }

const same: PairScenario = {
  scenario: '6 pnet: same key',
  config: { ...base, psk: key('a1') },
  except: { py: PY_LACKS.pnet },
  async run (dialler, listener) {
    await dial(dialler, listener)
    await assertEcho(dialler, listener, Buffer.from('behind one key'))
  }
}

// a stranger's bytes look like noise: nobody says no, so each dial lasts until a time-out; all pairs and both directions wait together
const REFUSED_WITHIN_MS = 4_000
const attempts = new WeakMap<Pair, ReadonlyMap<string, Promise<boolean>>>()

const refuses: PairScenario['run'] = async (dialler, listener, pair) => {
  const { foreign, tosd } = pair
  let both = attempts.get(pair)
  if (both === undefined) {
    const connects = (one: typeof foreign, other: typeof foreign): Promise<boolean> =>
      one.ask('dial', { addr: other.addrs[0], timeoutMs: REFUSED_WITHIN_MS }).then(() => true, () => false)
    both = new Map([[foreign.peerId, connects(foreign, tosd)], [tosd.peerId, connects(tosd, foreign)]])
    attempts.set(pair, both)
  }
  assert.equal(await both.get(dialler.peerId), false, 'without the key there is no connection')
  for (const [one, other] of [[dialler, listener], [listener, dialler]] as const) {
    await assert.rejects(one.ask('ping', { peer: other.peerId }))
  }
}

const otherKey: PairScenario = { scenario: '6 pnet: another key', config: { ...base, psk: key('a1') }, tosd: { ...base, psk: key('b2') }, run: refuses }
const noKey: PairScenario = { scenario: '6 pnet: a key against none', config: base, tosd: { ...base, psk: key('b2') }, run: refuses }

void test('6 pnet', { concurrency: true }, async context => {
  await Promise.all([same, otherKey, noKey].map(scenario => overPairs(scenario, context)))
})
