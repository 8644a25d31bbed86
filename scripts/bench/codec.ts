import assert from 'node:assert/strict'
import type { CaseName, CaseValues, Peer, PeerCodec } from './codec/cases.ts'
import { makeCases } from './codec/cases.ts'
import { cborX } from './codec/cbor.ts'
import { frameRow } from './codec/frames.ts'
import { msgpackr } from './codec/msgpack.ts'
import { ours } from './codec/ours.ts'
import { protobufjs } from './codec/protobuf.ts'
import { protons } from './codec/protons.ts'
import { ssz } from './codec/ssz.ts'
import { plainRow, ratioRow } from './harness.ts'
import type { Row, RunContext, Suite } from './harness.ts'
import type { Candidate } from './measure.ts'
import { EFFORT, geometricMean, measureAll } from './measure.ts'

const peers: readonly Peer[] = [ours, protobufjs, protons, msgpackr, cborX, ssz]
const titles: Readonly<Record<CaseName, string>> = {
  ping: 'PING', announce: 'BLOCK_ANNOUNCE', vote: 'CONSENSUS_VOTE, 4 parents', block: 'block of 1,000 x 250 B transactions', opaque: 'block, transactions left opaque'
}
const small: readonly CaseName[] = ['ping', 'announce', 'vote']
const GOAL = { mean: 1.1, each: 1, block: 2 } as const

/** Nanoseconds per call of one library on one message. */
interface Timing { readonly peer: string, readonly encode: number, readonly decode: number }

/** Encode and decode against the common libraries: rates per second of one encode and one decode together. */
export const suite: Suite = {
  name: 'codec',
  describe: 'encode + decode against protobufjs, protons-runtime, msgpackr, cbor-x and @chainsafe/ssz',
  async run (context) {
    const timings = measureCases(context)
    const smallRatios = small.map(name => fastest(timings[name]).ratio)
    const mean = geometricMean(smallRatios)
    return [
      ...small.flatMap(name => rowsOf(titles[name], timings[name], GOAL.each)),
      ratioRow('geometric mean of the three', geometricMean(small.map(name => rate(timings[name][0] as Timing))), 'ops/s', 'fastest of each', mean, GOAL.mean),
      ...rowsOf(titles.block, timings.block, GOAL.block),
      ...rowsOf(titles.opaque, timings.opaque, null),
      frameRow(context.long ? EFFORT.long : EFFORT.short)
    ]
  }
}

function measureCases ({ long, log }: RunContext): Record<CaseName, Timing[]> {
  const values = makeCases()
  const names = Object.keys(titles) as CaseName[]
  const candidates = names.flatMap(name => peers.flatMap(peer => candidatesOf(peer, name, values)))
  log(`${candidates.length} candidates, interleaved`)
  const times = measureAll(candidates, long ? EFFORT.long : EFFORT.short)
  return Object.fromEntries(names.map((name, i) => [name, peers.map((peer, j) => {
    const at = (i * peers.length + j) * 2
    return { peer: peer.name, encode: times[at] as number, decode: times[at + 1] as number }
  })])) as Record<CaseName, Timing[]>
}

function candidatesOf (peer: Peer, name: CaseName, values: CaseValues): Candidate[] {
  const { prepare, encode, decode, restore } = peer.codecs[name] as PeerCodec<unknown>
  const prepared = values[name].map(prepare)
  const wires = prepared.map(value => Uint8Array.from(encode(value)))
  wires.forEach((wire, i) => assert.deepEqual(normal(restore(decode(wire))), normal(values[name][i]), `${peer.name} does not round-trip ${name}`))
  const count = prepared.length
  return [
    { name: `${peer.name} ${name} encode`, once: turn => encode(prepared[turn % count]) },
    { name: `${peer.name} ${name} decode`, once: turn => decode(wires[turn % count] as Uint8Array) }
  ]
}

/** Libraries differ in Buffer or Uint8Array, and in prototypes; the facts must be the same. */
function normal (value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(normal)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.keys(value).sort().map(name => [name, normal((value as Record<string, unknown>)[name])]))
}

const rate = ({ encode, decode }: Timing): number => 1e9 / (encode + decode)

function fastest (timings: readonly Timing[]): { peer: string, ratio: number } {
  const [own, ...others] = timings as [Timing, ...Timing[]]
  const best = others.reduce((a, b) => rate(a) >= rate(b) ? a : b)
  return { peer: best.peer, ratio: rate(own) / rate(best) }
}

function rowsOf (title: string, timings: readonly Timing[], goal: number | null): Row[] {
  const own = timings[0] as Timing
  const { peer, ratio } = fastest(timings)
  return [
    goal === null ? plainRow(title, rate(own), 'ops/s', { peer, ratio }) : ratioRow(title, rate(own), 'ops/s', peer, ratio, goal),
    ...timings.slice(1).map(other => plainRow(`  ${title}, ${other.peer}`, rate(other), 'ops/s', { peer: other.peer, ratio: rate(own) / rate(other) })),
    plainRow(`  ${title}, encode`, own.encode, 'ns', against('encode', timings)),
    plainRow(`  ${title}, decode`, own.decode, 'ns', against('decode', timings))
  ]
}

/** Our time for one direction against the library that is best at that direction alone. */
function against (direction: 'encode' | 'decode', timings: readonly Timing[]): { peer: string, ratio: number } {
  const [own, ...others] = timings as [Timing, ...Timing[]]
  const best = others.reduce((a, b) => a[direction] <= b[direction] ? a : b)
  return { peer: best.peer, ratio: best[direction] / own[direction] }
}
