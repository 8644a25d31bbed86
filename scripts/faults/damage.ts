import { floorRow, limitRow, plainRow } from '../bench/harness.ts'
import type { Row, Suite } from '../bench/harness.ts'
import { createSeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { KINDS, damageOne, makeGolden } from './damage/images.ts'
import type { Outcome } from './damage/images.ts'

const LANES = 4
const IMAGES = { short: 300, long: 3000 } as const

/** F2: damaged copies of a store. What is opened must be a prefix of what was written, and every loss must be told. */
export const suite: Suite = {
  name: 'damage',
  describe: 'stores with truncated, zeroed, overwritten and bit-flipped files',
  async run ({ long, log }) {
    const images = long ? IMAGES.long : IMAGES.short
    const golden = await makeGolden()
    const outcomes = new Map<string, Outcome[]>(KINDS.map(kind => [kind, []]))
    try {
      let next = 0
      const lane = async (): Promise<void> => {
        for (let round = next++; round < images; round = next++) {
          const kind = KINDS[round % KINDS.length] as typeof KINDS[number]
          log(`${round} of ${images}`)
          outcomes.get(kind)?.push(await damageOne(golden, kind, createSeededBytes(`damage ${round}`)))
        }
      }
      // they wait for the disk most of the time
      await Promise.all(Array.from({ length: LANES }, lane))
    } finally {
      await golden.remove()
    }
    const all = [...outcomes.values()].flat()
    for (const { what, wrong } of all.filter(({ wrong }) => wrong !== undefined).slice(0, 10)) process.stderr.write(`${what}: ${wrong}\n`)
    const whole = golden.chain.length
    return [
      floorRow('F2 images', all.length, 'images', IMAGES.short),
      limitRow('F2 images without a contiguous prefix, or lost in silence', all.filter(({ wrong }) => wrong !== undefined).length, 'images', 0),
      ...[...outcomes].flatMap(([kind, list]): Row[] => [
        // else the damage would miss the data, and prove nothing
        floorRow(`F2 ${kind}: images that lost blocks`, list.filter(({ kept }) => kept < whole).length, 'images', 1),
        limitRow(`F2 ${kind}: losses not told`, list.filter(({ kept, reported }) => kept < whole && !reported).length, 'images', 0)
      ]),
      plainRow('F2 blocks kept, mean', all.reduce((sum, { kept }) => sum + kept, 0) / all.length, `of ${whole}`)
    ]
  }
}
