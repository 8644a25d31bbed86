import { limitRow, plainRow } from '../bench/harness.ts'
import type { Row, Suite } from '../bench/harness.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { randomGraph, shuffled } from './graph.ts'
import type { Graph } from './graph.ts'
import { score } from './score.ts'
import type { Guesses, Score } from './score.ts'
import { diffusion, firstTeller, gossip } from './spread.ts'
import type { Teller } from './spread.ts'
import { runStems } from './stem-run.ts'

/** Nodes of a network, peers each of them dials, and the seed everything follows from. */
export interface FirstSpyOptions {
  readonly size: number
  readonly outbound: number
  readonly graphs: number
  readonly seed: number
}

/** SECURITY P1. Twelve dialled and as many that dial are the 24 or 25 peers a node keeps by default. */
const FULL: FirstSpyOptions = { size: 1000, outbound: 12, graphs: 20, seed: 1 }
/** A network of few links, for comparison. */
const SPARSE_OUTBOUND = 4
/** Per cent. With recall at the share of spies they know no more than who happens to be their neighbour. */
const MOST_RECALL_OVER = 1
const MOST_PRECISION = 6

export interface Compared {
  readonly flood: Score
  readonly diffusion: Score
  readonly stem: Score
  readonly hops: number
}

/** The first-spy estimator over some random networks of which a share `p` spies; means over all of them. The same options give the same figures. */
export async function compare (p: number, { size, outbound, graphs, seed }: FirstSpyOptions): Promise<Compared> {
  const scores: Record<'flood' | 'diffusion' | 'stem', Score[]> = { flood: [], diffusion: [], stem: [] }
  let hops = 0
  for (let run = 0; run < graphs; run++) {
    const random = seededRandom(seed * 1000 + run)
    const graph = randomGraph(size, outbound, random)
    const spies = new Set(shuffled(Array.from({ length: size }, (_, node) => node), random).slice(0, Math.round(p * size)))
    const isSpy = (node: number): boolean => spies.has(node)
    scores.flood.push(score(guessAll(graph, isSpy, gossip(graph, random, true))))
    scores.diffusion.push(score(guessAll(graph, isSpy, diffusion(graph, random))))
    const mesh = gossip(graph, random, false)
    const stems = await runStems(graph, isSpy, node => firstTeller(node, mesh, isSpy), random)
    scores.stem.push(score(stems.guesses))
    hops += stems.hops / graphs
  }
  return { flood: mean(scores.flood), diffusion: mean(scores.diffusion), stem: mean(scores.stem), hops }
}

export const suite: Suite = {
  name: 'first-spy',
  describe: 'who made a transaction, to spies among the nodes: our stems beside flood publish and diffusion',
  async run ({ long, log }) {
    const graphs = long ? 100 : FULL.graphs
    const rows: Row[] = []
    for (const [p, outbound] of [[0.1, FULL.outbound], [0.2, FULL.outbound], [0.1, SPARSE_OUTBOUND]] as const) {
      const where = `${p * 100} % spies, ${2 * outbound} peers`
      log(`first-spy: ${where}\n`)
      const compared = await compare(p, { ...FULL, outbound, graphs })
      for (const [what, { precision, recall }] of [['flood publish', compared.flood], ['diffusion', compared.diffusion], ['our stems', compared.stem]] as const) {
        const bound = what === 'our stems' && outbound === FULL.outbound
        rows.push(
          bound && p === 0.1 ? limitRow(`${where}, ${what}: precision`, 100 * precision, '%', MOST_PRECISION) : plainRow(`${where}, ${what}: precision`, 100 * precision, '%'),
          bound ? limitRow(`${where}, ${what}: recall`, 100 * recall, '%', 100 * p + MOST_RECALL_OVER) : plainRow(`${where}, ${what}: recall`, 100 * recall, '%')
        )
      }
      rows.push(plainRow(`${where}, our stems: messages each`, compared.hops, ''))
    }
    return rows
  }
}

function guessAll ({ size }: Graph, isSpy: (node: number) => boolean, tell: Teller): Guesses {
  const honest = Array.from({ length: size }, (_, node) => node).filter(node => !isSpy(node))
  return new Map(honest.map(node => [node, firstTeller(node, tell, isSpy)]))
}

function mean (scores: readonly Score[]): Score {
  const of = (pick: (score: Score) => number): number => scores.reduce((sum, score) => sum + pick(score), 0) / scores.length
  return { precision: of(({ precision }) => precision), recall: of(({ recall }) => recall) }
}
