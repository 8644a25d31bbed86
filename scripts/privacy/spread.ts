import { createHeap } from '../../src/chain/mempool/heap.ts'
import { exponential } from '../../src/gossip/stem/index.ts'
import type { Random } from '../../src/gossip/stem/index.ts'
import type { Graph } from './graph.ts'
import { shuffled } from './graph.ts'

/** To whom a node tells something, and how long each takes to know it, ms. `origin`: the node where it begins. */
export type Teller = (node: number, origin: boolean) => ReadonlyArray<{ readonly peer: number, readonly delayMs: number }>

/** Milliseconds a message and the fetch that follows it take on one link. */
const LINK_MS = 100

/** Peers of a node in its mesh. */
const MESH = 6

/** Each peer after a random time of its own, as Bitcoin has spread transactions since 2015. */
export function diffusion ({ peers }: Graph, random: Random): Teller {
  return node => (peers[node] as readonly number[]).map(peer => ({ peer, delayMs: exponential(2500, random) }))
}

/** GossipSub: the peers of a fixed mesh; with `floodPublish` the origin tells all its peers. */
export function gossip ({ peers }: Graph, random: Random, floodPublish: boolean): Teller {
  const meshes = peers.map(all => shuffled(all, random).slice(0, MESH))
  return (node, origin) => ((origin && floodPublish ? peers[node] : meshes[node]) as readonly number[]).map(peer => ({ peer, delayMs: LINK_MS / 2 + exponential(LINK_MS / 2, random) }))
}

/** The honest node that is the first to tell a spy what begins at `origin`; undefined when no spy hears of it. */
export function firstTeller (origin: number, tell: Teller, isSpy: (node: number) => boolean): number | undefined {
  const arrivals = createHeap<{ readonly at: number, readonly node: number, readonly from: number }>((a, b) => a.at < b.at)
  const told = new Set<number>([origin])
  const spread = (node: number, at: number): void => {
    for (const { peer, delayMs } of tell(node, node === origin)) if (!told.has(peer)) arrivals.push({ at: at + delayMs, node: peer, from: node })
  }
  spread(origin, 0)
  for (let arrival = arrivals.pop(); arrival !== undefined; arrival = arrivals.pop()) {
    const { at, node, from } = arrival
    if (isSpy(node)) return from
    if (told.has(node)) continue
    told.add(node)
    spread(node, at)
  }
  return undefined
}
