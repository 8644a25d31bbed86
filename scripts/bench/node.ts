import type { Row, Suite } from './harness.ts'
import { compareStarts, memoryRows } from './node-rows.ts'

/** Most that our start may take, in starts of bare libp2p with the same services. */
const MOST = 1.5

/** The whole node beside bare libp2p: time from a fresh process to ready, and memory per idle peer. */
export const suite: Suite = {
  name: 'node',
  describe: 'start to ready, and memory per idle connected peer',
  async run (context) {
    const { ours, ratio } = await compareStarts('start-tos.ts', context)
    const start: Row = {
      name: 'start to ready, chain and store included', value: Math.round(ours), unit: 'ms', peer: 'bare libp2p, same services', ratio: 1 / ratio,
      goal: `ratio >= ${(1 / MOST).toFixed(3)} (at most ${MOST}x the time)`, pass: ratio <= MOST
    }
    return [start, ...await memoryRows(context)]
  }
}
