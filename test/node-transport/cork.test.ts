import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import type { MessageStream } from '@libp2p/interface'
import { corkConnection } from '../../src/node/transport/index.ts'

test('small pieces leave at 2 KiB, large ones wait for the end of the tick', async () => {
  const calls: Array<string | number> = []
  const socket = { cork: () => { calls.push('cork') }, uncork: () => { calls.push('uncork') } }
  const connection = { socket, sendData: ({ byteLength }: { readonly byteLength: number }) => { calls.push(byteLength) } }
  assert.ok(corkConnection(connection as unknown as MessageStream))
  const [small, large] = [new Uint8Array(1024), new Uint8Array(65_536)]
  connection.sendData(small)
  connection.sendData(small)
  assert.deepEqual(calls, ['cork', 1024, 1024, 'uncork'])
  connection.sendData(large)
  connection.sendData(large)
  assert.deepEqual(calls.splice(0), ['cork', 1024, 1024, 'uncork', 'cork', 65_536, 65_536])
  await turn()
  assert.deepEqual(calls, ['uncork'])
})
