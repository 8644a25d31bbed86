import { prioritise } from '../../../src/peers/topology/index.ts'
import { crowd, HOUR, NOW, seeded } from '../../../test/peers-topology/support.ts'
import { limitRow } from '../harness.ts'
import type { Row } from '../harness.ts'
import { measureAll } from '../measure.ts'
import type { Effort } from '../measure.ts'

const PEERS = 1000
const GOAL_MS = 1
/** Different crowds, so that no answer is known from the last call. */
const CROWDS = 8
const TYPES = ['full', 'light', 'mining', 'validator', 'unknown'] as const

/** How long it takes to decide whom of a thousand peers to keep: of all types, measured and not, in 300 networks. */
export function choiceRows (effort: Effort): Row[] {
  const crowds = Array.from({ length: CROWDS }, (_, seed) => {
    const random = seeded(seed + 1)
    return crowd(PEERS, at => ({
      direction: at % 4 === 0 ? 'outbound' : 'inbound',
      group: `g${Math.floor(random() * 300)}`,
      nodeType: TYPES[at % TYPES.length] as typeof TYPES[number],
      rttMs: random() < 0.9 ? random() * 500 : undefined,
      connectedMs: random() * 48 * HOUR,
      score: Math.floor(random() * 1000),
      firstBlockAt: random() < 0.2 ? NOW - random() * HOUR : undefined,
      firstTxAt: random() < 0.2 ? NOW - random() * HOUR : undefined
    }))
  })
  const random = seeded(99)
  const [ns] = measureAll([{ name: 'prioritise', once: turn => prioritise(crowds[turn % CROWDS] as typeof crowds[number], { now: NOW, random }) }], effort) as [number]
  return [limitRow(`whom of ${PEERS.toLocaleString('en-US')} peers to keep`, ns / 1e6, 'ms', GOAL_MS)]
}
