import { availableParallelism } from 'node:os'
import { floorRow, limitRow, plainRow } from '../bench/harness.ts'
import type { Suite } from '../bench/harness.ts'
import { createSeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { FAIL_POINTS } from './kill/fail-points.ts'
import { killAt, makeMaterial } from './kill/kill-at.ts'
import type { Toll } from './kill/kill-at.ts'

const ROUNDS = { short: 10, long: 25 } as const

/** F1: processes that import, sync, prune or repair die by SIGKILL at named points, and the next one must find everything. */
export const suite: Suite = {
  name: 'kill',
  describe: 'kill -9 at named fail points while importing, syncing, closing, recovering, pruning and repairing',
  async run ({ long, log }) {
    const rounds = long ? ROUNDS.long : ROUNDS.short
    const random = createSeededBytes(`kill ${rounds}`)
    const material = await makeMaterial(rounds)
    const toll: Toll = { kills: 0, acknowledged: 0, lost: 0, torn: 0, unopened: 0, missed: 0, faults: [] }
    try {
      const points = FAIL_POINTS.map(point => ({ point, draws: Array.from({ length: rounds }, () => random.fraction()) }))
      const lane = async (): Promise<void> => {
        for (let next = points.shift(); next !== undefined; next = points.shift()) {
          log(next.point.name)
          await killAt(material, next.point, next.draws, toll)
        }
      }
      await Promise.all(Array.from({ length: Math.max(2, Math.min(4, availableParallelism())) }, lane))
    } finally {
      await material.remove()
    }
    for (const fault of toll.faults.slice(0, 10)) process.stderr.write(`${fault}\n`)
    return [
      floorRow('F1 fail points', FAIL_POINTS.length, 'points', 20),
      floorRow('F1 kills', toll.kills, 'kills', FAIL_POINTS.length * rounds),
      plainRow('F1 blocks acknowledged before a kill', toll.acknowledged, 'blocks'),
      limitRow('F1 acknowledged blocks lost', toll.lost, 'blocks', 0),
      limitRow('F1 torn records', toll.torn, 'records', 0),
      limitRow('F1 failures to open', toll.unopened, 'stores', 0),
      limitRow('F1 lives that missed their fail point', toll.missed, 'lives', 0)
    ]
  }
}
