import { createTosNode } from '../../../src/node/index.ts'
import type { TosNode } from '../../../src/node/index.ts'
import { limitRow, plainRow } from '../harness.ts'
import type { Row } from '../harness.ts'

const NODES = 30
const LEAST = 8
const GOAL_MS = 10_000
const GIVE_UP_MS = 60_000
const LOOK_MS = 50

/**
 * Thirty nodes in this process that know one seed: how long until each has eight peers, from when the last node was ready. All share one
 * thread, and the first ones connect while the last ones start: that time is a row of its own.
 */
export async function devnetRows (): Promise<Row[]> {
  const nodes: TosNode[] = []
  const start = performance.now()
  try {
    const seed = await startNode([])
    nodes.push(seed)
    const bootstrap = seed.getMultiaddrs().map(String)
    for (let i = 1; i < NODES; i++) nodes.push(await startNode(bootstrap))
    const started = performance.now()
    while (fewest(nodes) < LEAST && performance.now() - started < GIVE_UP_MS) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    const reached = fewest(nodes) >= LEAST ? performance.now() - started : Infinity
    return [
      limitRow(`devnet of ${NODES} nodes from one seed: until each has ${LEAST} peers`, reached, 'ms', GOAL_MS),
      plainRow('  fewest peers of a node', fewest(nodes), 'peers'),
      plainRow('  most peers of a node', Math.max(...nodes.map(peersOf)), 'peers'),
      plainRow('  starting them one after the other', started - start, 'ms')
    ]
  } finally {
    await Promise.all(nodes.map(node => node.stop()))
  }
}

function startNode (bootstrap: readonly string[]): Promise<TosNode> {
  return createTosNode({ network: 'devnet', ephemeral: true, mdns: false, mine: false, bootstrap })
}

const peersOf = (node: TosNode): number => node.getPeers().length

function fewest (nodes: readonly TosNode[]): number {
  return Math.min(...nodes.map(peersOf))
}
