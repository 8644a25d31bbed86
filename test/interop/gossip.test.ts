import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { cell, isHere, skipCell, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import type { PeerProcess } from './harness/peer-process.ts'
import { dial } from './harness/steps.ts'
import { FOREIGN_PEERS } from './harness/toolchain.ts'
import { PY_LACKS } from './py/known.ts'
import { interopFrame, MAX_BODY_BYTES } from './tosd/interop-topic.ts'

const TOPIC = '/tos/devnet/interop/1'
const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'], gossip: {} }
const MESSAGES = 30
const peersOf = async (node: PeerProcess, cmd: string): Promise<readonly string[]> => (await node.ask<{ readonly peers: readonly string[] }>(cmd, { topic: TOPIC })).peers

/** Resolves once each holds the other in its mesh: before that a message takes the slow way, or none. */
async function meshed (one: PeerProcess, other: PeerProcess): Promise<void> {
  for (const [a, b] of [[one, other], [other, one]] as const) {
    await eventually(async () => {
      const mesh = await peersOf(a, 'mesh')
      assert.ok(mesh.includes(b.peerId), `${b.kind} is not in the mesh of ${a.kind}`)
    })
  }
}

/** One publishes, all others get every message, each once. */
async function deliversAll (from: PeerProcess, to: readonly PeerProcess[], bodies: readonly Uint8Array[]): Promise<void> {
  const frames = bodies.map(body => Buffer.from(interopFrame(body)).toString('base64'))
  for (const data of frames) await from.ask('publish', { topic: TOPIC, data })
  for (const node of to) {
    const waiting = new Set(frames)
    while (waiting.size > 0) {
      const { data } = await node.event(({ event, topic, data }) => event === 'message' && topic === TOPIC && frames.includes(String(data)))
      assert.ok(waiting.delete(String(data)), `${node.kind} was told twice of one message`)
    }
  }
}

const small = (): Uint8Array[] => Array.from({ length: MESSAGES }, () => randomBytes(200))
const largest = (): Uint8Array[] => [randomBytes(MAX_BODY_BYTES)]

for (const peer of FOREIGN_PEERS) {
  const name = (scenario: string, direction: string): CellName => ({ peer, scenario: `8 gossip: ${scenario}`, direction })
  const [out, back] = [`${peer} → tosd`, `tosd → ${peer}`]
  const delivery = [name('every message, forwarded', out), name('every message, forwarded', back), name('largest message', out), name('largest message', back)] as const
  const versions = name('agrees on a version', `${peer} and tosd`)
  const invalid = name('an invalid message lowers the score', out)

  void test(`8 gossip · ${peer} between two of ours`, async context => {
    if (peer === 'py') {
      // it would end the line; what it can do stands in py-gossip.test.ts
      for (const field of [...delivery, versions, invalid]) await skipCell(context, field, PY_LACKS.gossipSend)
      return
    }
    if (!await isHere(context, peer, [...delivery, versions, invalid])) return
    // a line: what one of ours says reaches the other through the foreign peer, or not at all
    const { foreign, tosd, twin } = await withPeers(context, { foreign: [peer, config], tosd: ['tosd', config], twin: ['tosd', config] })
    for (const node of [foreign, tosd, twin]) await node.ask('subscribe', { topic: TOPIC })
    await dial(tosd, foreign)
    await dial(foreign, twin)
    const ready = Promise.all([meshed(tosd, foreign), meshed(foreign, twin)])
    await cell(context, versions, async () => {
      await ready
      const { protocols } = await tosd.ask<{ readonly protocols: readonly string[] }>('identify', { peer: foreign.peerId })
      const offered = protocols.filter(id => id.startsWith('/meshsub/')).toSorted()
      // ours speaks up to 1.2: who has 1.3 falls back to what both have, and the mesh above stands on that
      assert.ok(offered.some(id => ['/meshsub/1.0.0', '/meshsub/1.1.0', '/meshsub/1.2.0'].includes(id)), `${peer} offers ${offered.join(' ')}`)
    })
    const ways = [[delivery[0], foreign, [tosd, twin], small], [delivery[1], tosd, [foreign, twin], small], [delivery[2], foreign, [tosd, twin], largest], [delivery[3], tosd, [foreign, twin], largest]] as const
    for (const [cellName, from, to, bodies] of ways) {
      await cell(context, cellName, async () => {
        await ready
        await deliversAll(from, to, bodies())
      })
    }
    // rust-libp2p has IDONTWANT too, but nothing that shows it
    if (peer === 'js' || peer === 'go') {
      await cell(context, name('IDONTWANT', `${peer} and tosd`), async () => {
        await ready
        // a triangle: a large message of the twin's reaches both, and each spares itself the other's copy
        await dial(tosd, twin)
        await meshed(tosd, twin)
        const told = async (node: PeerProcess): Promise<number> => (await node.ask<{ readonly count: number }>('not-wanted')).count
        const seen = new Set<string>()
        await eventually(async () => {
          // which of the two hears it first, and so may spare itself the second copy, is chance
          await twin.ask('publish', { topic: TOPIC, data: Buffer.from(interopFrame(randomBytes(MAX_BODY_BYTES))).toString('base64') })
          for (const node of [foreign, tosd]) if (await told(node) > 0) seen.add(node.kind)
          assert.equal(seen.size, 2, `asked not to send: ${[...seen].join(' ') || 'nobody'}`)
        })
      })
    }
    await cell(context, invalid, async () => {
      await ready
      const score = async (): Promise<number> => (await tosd.ask<{ readonly score: number }>('score', { peer: foreign.peerId })).score
      const before = await score()
      await foreign.ask('publish', { topic: TOPIC, data: Buffer.from('no frame at all').toString('base64') })
      await eventually(async () => {
        const now = await score()
        assert.ok(now < before - 10, `the score went from ${before} to ${now}`)
      })
    })
  })
}
