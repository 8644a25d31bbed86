import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { createSeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { createChurnNet } from './churn-net.ts'
import type { ChurnTally, Member } from './churn-net.ts'

/** What a run comes to, as one line of JSON on standard output. Progress goes to standard error. */
export interface ChurnReport extends Omit<ChurnTally, 'incidents' | 'charges' | 'refusals' | 'warnings'> {
  /** Counts by code and protocol. */
  readonly incidents: Record<string, number>
  readonly refusals: Record<string, number>
  readonly warnings: Record<string, number>
  readonly charges: Record<string, { count: number, total: number }>
  readonly stops: number
  /** Time after the last change until all hold one tip and have their peers, ms. */
  readonly settledMs: number
  /** Of the living, at the end. */
  readonly peers: readonly number[]
  readonly tips: readonly string[]
  readonly height: number
  readonly dumps: ReadonlyArray<Record<string, Record<string, number>>>
  readonly sent: number
}

const [seconds = 20, count = 12, seed = 'churn'] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]]
const PEERS = { min: 3, target: 5, max: 10 }
/** Longest the living may take to agree after the last change, ms. */
const SETTLE_MS = 60_000

const root = mkdtempSync(join(tmpdir(), 'tos-churn-'))
process.once('exit', () => { rmSync(root, { recursive: true, force: true }) })
const random = createSeededBytes(seed)
const net = createChurnNet({
  root, members: count, miners: 3, random, peers: PEERS, mineIntervalMs: 4000,
  // a short run has its share of deaths too
  links: { loss: 0.05, delayMs: [20, 80], ...(seconds < 60 ? { lifeMs: 10_000, silenceMs: 8_000 } : { lifeMs: 120_000, silenceMs: 20_000 }) }
})
const living = (): Member[] => net.members.filter(({ node }) => node !== undefined)
const tipOf = ({ node }: Member): string => Buffer.from(node?.tos.ledger.tip().hash ?? []).toString('hex')
const peersOf = ({ node }: Member): number => node?.getPeers().length ?? 0
const ms = (ns: number): number => Math.round(ns / 1e6)

for (const member of net.members) await net.start(member)
const lag = monitorEventLoopDelay()
lag.enable()
const began = performance.now()
const elapsed = (): number => (performance.now() - began) / 1000
const say = (): void => {
  const members = living()
  process.stderr.write(`${elapsed().toFixed(0)} s: ${stops} stops; peers ${members.map(peersOf).join(' ')}; heights ${members.map(({ node }) => node?.tos.ledger.tip().height).join(' ')}; merit ≥${net.tally.lowestMerit}, score ≥${net.tally.lowestScore}; lag p50 ${ms(lag.percentile(50))} p99 ${ms(lag.percentile(99))} max ${ms(lag.max)} ms; ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB\n`)
  lag.reset()
}
const changes: Array<Promise<void>> = []
let stops = 0
const restart = async (member: Member, how: 'goodbye' | 'kill'): Promise<void> => {
  await net.end(member, how)
  await wait(1000 + random.below(6000))
  await net.start(member)
}
for (let turn = 0, talk = 15; elapsed() < seconds; turn++) {
  // seeds come and go like the others, but never more than a third is away
  const here = living()
  if (turn % 5 === 0 && here.length > count * 2 / 3) changes.push(restart(here[random.below(here.length)] as Member, stops++ % 2 === 0 ? 'goodbye' : 'kill'))
  await wait(600 + random.below(400))
  const senders = living()
  await net.send(senders[random.below(senders.length)] as Member)
  net.look()
  if (elapsed() < talk) continue
  talk += 15
  say()
}
await Promise.all(changes)
for (const { node } of living()) await node?.tos.miner.stop()
const changed = performance.now()
const isSettled = (): boolean => new Set(living().map(tipOf)).size === 1 && living().every(member => peersOf(member) >= PEERS.min)
while (!isSettled() && performance.now() - changed < SETTLE_MS) await wait(100)
const settledMs = Math.round(performance.now() - changed)
net.look()
say()
const { incidents, charges, refusals, warnings, ...tally } = net.tally
const report: Omit<ChurnReport, 'slowestStopMs'> = {
  ...tally, incidents: Object.fromEntries(incidents), charges: Object.fromEntries(charges), refusals: Object.fromEntries(refusals), warnings: Object.fromEntries(warnings),
  stops, settledMs, peers: living().map(peersOf), tips: living().map(tipOf), height: Number(living()[0]?.node?.tos.ledger.tip().height), dumps: living().flatMap(({ node }) => node === undefined ? [] : [node.dump()]),
  sent: Number(net.members.reduce((sum, { sent }) => sum + sent, 0n))
}
await Promise.all(living().map(member => net.end(member, 'goodbye')))
process.stdout.write(`${JSON.stringify({ ...report, slowestStopMs: net.tally.slowestStopMs, died: net.tally.died })}\n`)
