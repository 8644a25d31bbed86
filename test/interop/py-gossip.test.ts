import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { cell, isHere, skipCell, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import type { PeerProcess } from './harness/peer-process.ts'
import { dial } from './harness/steps.ts'
import { PY_LACKS } from './py/known.ts'
import { interopFrame, MAX_BODY_BYTES } from './tosd/interop-topic.ts'

const TOPIC = '/tos/devnet/interop/1'
const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'], gossip: {} }
const name = (what: string, direction: string): CellName => ({ peer: 'py', scenario: `8 gossip with py: ${what}`, direction })

async function tells (from: PeerProcess, to: PeerProcess, body: Uint8Array): Promise<void> {
  const data = Buffer.from(interopFrame(body)).toString('base64')
  await from.ask('publish', { topic: TOPIC, data })
  await to.event(event => event.event === 'message' && event['data'] === data)
}

void test('8 gossip · py-libp2p next to one of ours', async context => {
  const cells = [name('every message and the largest', 'tosd → py'), name('the first message', 'py → tosd'), name('every later message, and forwarding', 'py → tosd')] as const
  if (!await isHere(context, 'py', cells)) return
  const { py, tosd } = await withPeers(context, { py: ['py', config], tosd: ['tosd', config] })
  for (const node of [py, tosd]) await node.ask('subscribe', { topic: TOPIC })
  await dial(py, tosd)
  for (const [one, other] of [[py, tosd], [tosd, py]] as const) {
    await eventually(async () => {
      const { peers } = await one.ask<{ readonly peers: readonly string[] }>('mesh', { topic: TOPIC })
      assert.ok(peers.includes(other.peerId), `${other.kind} is not in the mesh of ${one.kind}`)
    })
  }
  // before anything else: of messages without an author it sends only the very first one it sees
  await cell(context, cells[1], () => tells(py, tosd, randomBytes(200)))
  await cell(context, cells[0], async () => {
    for (let i = 0; i < 20; i++) await tells(tosd, py, randomBytes(200))
    await tells(tosd, py, randomBytes(MAX_BODY_BYTES))
    const { score } = await tosd.ask<{ readonly score: number }>('score', { peer: py.peerId })
    assert.ok(score >= 0, `a peer that only listens has the score ${score}`)
  })
  await skipCell(context, cells[2], PY_LACKS.gossipSend)
})
