import assert from 'node:assert/strict'
import { overPairs } from './harness/cell.ts'
import { assertEcho, dial, exchange } from './harness/steps.ts'

const BULK_BYTES = 64 * 1024 * 1024
const CHUNK = 1024 * 1024

void overPairs({
  scenario: '12 bulk: 64 MiB, reset midway',
  config: { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] },
  async run (dialler, listener) {
    await dial(dialler, listener)
    // the commands count: a byte too few or too many is their error
    await dialler.ask('bulk', { peer: listener.peerId, direction: 'send', bytes: BULK_BYTES })
    await dialler.ask('bulk', { peer: listener.peerId, direction: 'receive', bytes: BULK_BYTES })

    const wanted = Buffer.alloc(8)
    wanted.writeBigUInt64BE(BigInt(BULK_BYTES))
    const { received } = await exchange(dialler, listener, '/interop/source/1.0.0', wanted, { how: 'keep', read: CHUNK })
    assert.ok(received.length >= CHUNK && received.length < BULK_BYTES, `reset by the reader after ${received.length} bytes`)
    await exchange(dialler, listener, '/interop/sink/1.0.0', Buffer.alloc(CHUNK), { how: 'reset', read: 'none' })
    // a stream that broke takes nothing else with it, whichever side opens the next
    await assertEcho(dialler, listener, Buffer.alloc(CHUNK, 7))
    await assertEcho(listener, dialler, Buffer.alloc(CHUNK, 8))
  }
})
