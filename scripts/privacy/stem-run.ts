import type { TxAnnounce } from '../../protocols/index.ts'
import { createStem, createStemRouter } from '../../src/gossip/stem/index.ts'
import type { CheckedTransaction, Random, Stem } from '../../src/gossip/stem/index.ts'
import { createEventQueue } from './event-queue.ts'
import type { Graph } from './graph.ts'
import type { Guesses } from './score.ts'

/** Time one message takes on a link, and the time within which every node makes a transaction, ms. */
const HOP_MS = 100
const SENDING_MS = 60_000

/** The transaction of a node, which for the policy is four bytes with a name. */
function transactionOf (node: number): Uint8Array {
  const data = new Uint8Array(4)
  new DataView(data.buffer).setUint32(0, node)
  return data
}

const nodeOf = (data: Uint8Array): number => new DataView(data.buffer, data.byteOffset).getUint32(0)

function check (data: Uint8Array): CheckedTransaction {
  return { id: data, sender: data, nonce: 0n, fee: 1n, priority: 0, privacyLevel: 2, energyUsed: 0n }
}

/**
 * One transaction of each honest node along its stem, by the policy every node runs. Spies keep to the protocol but remember who sent them
 * what first; one who got it on the stem takes its predecessor for the origin. `fluffed` tells whom the spies name when gossip begins at a node.
 */
export async function runStems (graph: Graph, isSpy: (node: number) => boolean, fluffed: (node: number) => number | undefined, random: Random): Promise<{ guesses: Guesses, hops: number }> {
  const queue = createEventQueue()
  const guesses = new Map<number, number | undefined>()
  let hops = 0
  const honest = Array.from({ length: graph.size }, (_, node) => node).filter(node => !isSpy(node))
  const stems = new Map<number, Stem>(honest.map(node => [node, createStem({
    clock: queue, random, check, nextNonce: () => 0n,
    router: createStemRouter({ now: queue.now, random, peers: () => (graph.dialled[node] as readonly number[]).map(peer => ({ peer: String(peer), group: graph.groups[peer] })) }),
    // gossip takes no time here: what was fluffed is known to all
    known: id => guesses.has(nodeOf(id)),
    async send (name: string, announce: TxAnnounce, data: Uint8Array) {
      hops++
      const peer = Number(name)
      const origin = nodeOf(data)
      if (isSpy(peer)) {
        // and whatever it becomes later is not the first sight
        if (!guesses.has(origin)) guesses.set(origin, node)
        return
      }
      queue.after(HOP_MS, () => { void stems.get(peer)?.received(announce, data, String(node)) })
    },
    async fluff (data) {
      const origin = nodeOf(data)
      if (!guesses.has(origin)) guesses.set(origin, fluffed(node))
    },
    penalise: peer => { throw new Error(`${peer} is honest`) },
    onError: error => { throw error }
  })]))
  for (const node of honest) queue.after(random() * SENDING_MS, () => { stems.get(node)?.submit(transactionOf(node)) })
  await queue.run(() => guesses.size === honest.length)
  for (const stem of stems.values()) stem.stop()
  return { guesses, hops: hops / honest.length }
}
