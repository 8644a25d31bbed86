import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { createTosNode, defineTopic } from '../../src/index.ts'
import type { TosNode } from '../../src/index.ts'
import { PING } from '../../protocols/index.ts'
import { until } from '../support/until.ts'

const nodes: TosNode[] = []
after(async () => { await Promise.all(nodes.map(node => node.stop())) })

/** A node, and the beats it heard. */
async function start () {
  const heard: string[] = []
  const arrivals = new EventTarget()
  const beat = defineTopic({
    name: 'beat', id: '/acme/beat/1', message: { ...PING, name: 'BEAT', code: 0x8003 }, expectedPerMinute: 60, queue: { max: 8, drop: 'oldest' },
    validate ({ userAgent }) {
      heard.push(userAgent)
      arrivals.dispatchEvent(new Event('beat'))
      return 'accept'
    }
  })
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, protocols: { beat } })
  nodes.push(node)
  return { node, heard, arrivals }
}
const open = (node: TosNode): Connection[] => node.getConnections().filter(({ status }) => status === 'open')

type Beating = Awaited<ReturnType<typeof start>>
const idOf = ({ node }: Beating): string => node.peerId.toString()

/**
 * Beats each way until one is heard: what is said while streams move may be lost, for GossipSub has one stream to a peer and announces (IHAVE) to
 * none of its mesh; what is said after must not. Each beat waits for its arrival or for the sender's next heartbeat, whichever comes first.
 */
async function exchange (a: Beating, b: Beating, round: bigint): Promise<void> {
  for (const [from, to] of [[a, b], [b, a]] as const) {
    const text = `${round} from ${idOf(from)}`
    for (let nonce = round; !to.heard.includes(text); nonce += 10n) {
      const next = Promise.race([once(to.arrivals, 'beat'), once(from.node.services.pubsub as unknown as EventTarget, 'gossipsub:heartbeat')])
      await from.node.services.beat.publish({ nonce, userAgent: text, services: 0n, timestamp: 0n })
      await next
    }
  }
}

describe('dials that cross', { concurrency: 2 }, () => {
  test('of two dials that cross the smaller node id\'s stays, and gossip flows both ways on it', { timeout: 60_000 }, async () => {
    const [a, b] = [await start(), await start()]
    const dials = await Promise.all([a.node.dial(b.node.getMultiaddrs(), { force: true }), b.node.dial(a.node.getMultiaddrs(), { force: true })])
    assert.deepEqual(dials.map(({ direction }) => direction), ['outbound', 'outbound'], 'both dialled')
    await until(() => open(a.node).length === 1 && open(b.node).length === 1)
    const smaller = Buffer.compare(a.node.tos.nodeId, b.node.tos.nodeId) < 0 ? a : b
    assert.equal(open(smaller.node)[0]?.direction, 'outbound', 'the smaller node id dialled the one that stays')
    await exchange(a, b, 1n)
  })

  test('gossip that ran on the connection that goes moves to the one that stays', { timeout: 60_000 }, async () => {
    const [smaller, larger] = [await start(), await start()].sort((a, b) => Buffer.compare(a.node.tos.nodeId, b.node.tos.nodeId)) as [Beating, Beating]
    const loser = await larger.node.dial(smaller.node.getMultiaddrs())
    await exchange(smaller, larger, 1n)
    const winner = await smaller.node.dial(larger.node.getMultiaddrs(), { force: true })
    await until(() => loser.status !== 'open' && open(smaller.node).length === 1 && open(larger.node).length === 1)
    assert.equal(winner.status, 'open')
    await exchange(smaller, larger, 2n)
    assert.equal(smaller.node.getPeers().length + larger.node.getPeers().length, 2, 'nobody was lost over it')
  })
})
