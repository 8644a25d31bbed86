import assert from 'node:assert/strict'
import { overPairs } from './harness/cell.ts'
import { assertConnection, assertIdentity, dial } from './harness/steps.ts'

overPairs({
  scenario: '1 tcp/noise/yamux, ping, identify',
  config: { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] },
  async run (dialler, listener) {
    await dial(dialler, listener)
    await assertConnection(dialler, listener, { security: /noise/, muxer: /yamux/ })
    for (const [one, other] of [[dialler, listener], [listener, dialler]] as const) {
      const { rttMs } = await one.ask<{ readonly rttMs: number }>('ping', { peer: other.peerId })
      assert.ok(rttMs >= 0)
      await assertIdentity(one, other)
    }
  }
})
