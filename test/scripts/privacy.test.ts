import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from '../../scripts/privacy/first-spy.ts'
import { randomGraph } from '../../scripts/privacy/graph.ts'
import { score } from '../../scripts/privacy/score.ts'
import { firstTeller } from '../../scripts/privacy/spread.ts'
import { seededRandom } from '../support/seeded-random.ts'

test('precision and recall are those of the definition', () => {
  const guesses = new Map([[1, 1], [2, 1], [3, 3], [4, undefined]])
  assert.deepEqual(score(guesses), { precision: (1 / 2 + 1) / 4, recall: 2 / 4 })
})

test('every node dials as many others and is dialled by as many, none twice', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { dialled, peers } = randomGraph(60, 5, seededRandom(seed))
    const links = dialled.flatMap((targets, from) => targets.map(to => [from, to].toSorted((a, b) => a - b).join()))
    assert.equal(new Set(links).size, 300)
    assert.ok(peers.every((linked, node) => linked.length === 10 && !linked.includes(node)))
  }
})

test('the first teller is whoever stands before the spy on the quickest way', () => {
  // 0 tells 1 at once and 3 late; 1 tells the spies 2 and 3
  const delays: Record<number, ReadonlyArray<readonly [number, number]>> = { 0: [[1, 1], [3, 9]], 1: [[2, 5], [3, 2]] }
  const tell = (node: number): Array<{ peer: number, delayMs: number }> => (delays[node] ?? []).map(([peer, delayMs]) => ({ peer, delayMs }))
  assert.equal(firstTeller(0, tell, node => node >= 2), 1)
  assert.equal(firstTeller(0, tell, node => node === 3), 1)
  assert.equal(firstTeller(0, tell, node => node === 4), undefined)
})

test('the stems of the nodes keep spies near a blind guess, and a seed repeats its figures', { timeout: 60_000 }, async () => {
  const small = { size: 300, outbound: 8, graphs: 3, seed: 7 }
  const first = await compare(0.1, small)
  assert.deepEqual(await compare(0.1, small), first)
  assert.ok(first.stem.recall < 0.14 && first.stem.precision < 0.08, JSON.stringify(first.stem))
  assert.ok(first.diffusion.recall > 0.18 && first.flood.recall > 0.5)
})
