import type { Row, RunContext, Suite } from '../bench/harness.ts'
import { floorRow, limitRow, plainRow } from '../bench/harness.ts'
import { median } from '../bench/measure.ts'
import { orphanRows } from './chain/orphans.ts'
import { HONEST, MIXED, madeChain, syncAmong } from './chain/sync-crowd.ts'
import type { CrowdRun } from './chain/sync-crowd.ts'

/** Attacks on what carries blocks: liars and stallers in a sync, chains that lead nowhere. */
export const suite: Suite = {
  name: 'chain',
  describe: 'a devnet of ten with two liars and one that stalls; a chain of 100,000 orphans',
  async run (context) {
    return [...await crowdRows(context), ...await orphanRows(context)]
  }
}

async function crowdRows ({ long, log }: RunContext): Promise<Row[]> {
  log('makes a chain')
  const source = await madeChain(long ? 2000 : 400, 20)
  const honest: CrowdRun[] = []
  const mixed: CrowdRun[] = []
  // round 0 warms up
  for (let round = 0; round <= (long ? 5 : 3); round++) {
    log(`devnet of ten, round ${round}`)
    const runs = [await syncAmong(source, HONEST), await syncAmong(source, MIXED)] as const
    if (round === 0) continue
    honest.push(runs[0])
    mixed.push(runs[1])
  }
  await source.close()
  const ratio = median(mixed.map(({ seconds }, i) => seconds / (honest[i] as CrowdRun).seconds))
  const all = [...honest, ...mixed]
  return [
    plainRow('devnet of 10, all honest: sync', median(honest.map(({ seconds }) => seconds)), 's'),
    plainRow('devnet of 10, 2 liars, 1 stalled: sync', median(mixed.map(({ seconds }) => seconds)), 's'),
    limitRow('  its time against the honest one', ratio, 'x', 1.5),
    floorRow('  runs that came to the honest tip', all.filter(({ sameTip }) => sameTip).length, 'runs', all.length),
    limitRow('  honest peers charged', all.reduce((sum, { charged }) => sum + charged.honest, 0), 'peers', 0),
    floorRow('  liars charged', Math.min(...mixed.map(({ charged }) => charged.liar)), 'of 2', 2)
  ]
}
