import assert from 'node:assert/strict'
import { plainRow, ratioRow } from '../harness.ts'
import type { Row, RunContext } from '../harness.ts'
import { measureAll } from '../measure.ts'
import type { Candidate } from '../measure.ts'
import { codecCandidates, limitCandidates, nobleCandidates, sealedFrames } from './frame-candidates.ts'
import type { FrameCandidates } from './frame-candidates.ts'

/** Payloads, bytes; where there are goals. */
const SIZES = [{ size: 100, title: '100 B' }, { size: 1024, title: '1 KiB' }, { size: 65_536, title: '64 KiB', goals: true }, { size: 1_048_576, title: '1 MiB', goals: true }] as const
/** Longer batches in a long run: processor time comes in ticks of 4 ms on some machines. */
const EFFORT = { short: { rounds: 7, batchMs: 24 }, long: { rounds: 25, batchMs: 120 } } as const
/** Most of the OpenSSL limit's time, and least of noble's rate. */
const GOAL = { limit: 1.6, noble: 10 } as const

/**
 * Whole frames (SHA3 checksum and ChaCha20-Poly1305) through the codec of the product, beside the same work on noble alone, and beside the
 * limit: the bare primitives of OpenSSL over the same bytes. The limit is taken through `node:crypto` too, because a system's `openssl` is
 * another version than the one inside Node, and its speed another.
 */
export function frameRows ({ long, log }: RunContext): Row[] {
  const kinds = SIZES.map(({ size }) => {
    const frames = sealedFrames(size)
    return { native: codecCandidates(frames), noble: nobleCandidates(frames), limit: limitCandidates(frames) }
  })
  for (const { native, noble } of kinds) checkSame(native, noble)
  const candidates: Candidate[] = kinds.flatMap(({ native, noble, limit }) => [native, noble, limit].flatMap(({ seal, open }) => [seal, open].map(once => ({ name: 'frame', once }))))
  log(`${candidates.length} kinds of frames, interleaved`)
  const times = measureAll(candidates, long ? EFFORT.long : EFFORT.short).map(ns => ns / 1_000)
  return SIZES.flatMap(({ title, ...size }, i) => (['seal', 'open'] as const).flatMap((direction, j) => {
    const [native, noble, limit] = [0, 2, 4].map(at => times[i * 6 + at + j]) as [number, number, number]
    return rowsOf(`${direction} ${title}`, native, noble, limit, 'goals' in size)
  }))
}

/** Native, noble and limit one below the other. */
function rowsOf (name: string, native: number, noble: number, limit: number, goals: boolean): Row[] {
  const [toLimit, toNoble] = [limit / native, noble / native]
  const own: Row = goals
    ? { ...plainRow(`${name}, native`, native, 'µs', { peer: 'OpenSSL limit', ratio: toLimit }), goal: `ratio >= ${(1 / GOAL.limit).toFixed(3)} (at most ${GOAL.limit}x the time)`, pass: native <= limit * GOAL.limit }
    : plainRow(`${name}, native`, native, 'µs', { peer: 'OpenSSL limit', ratio: toLimit })
  return [
    own,
    goals ? ratioRow(`  ${name}, noble`, noble, 'µs', 'noble', toNoble, GOAL.noble) : plainRow(`  ${name}, noble`, noble, 'µs', { peer: 'noble', ratio: toNoble }),
    plainRow(`  ${name}, OpenSSL limit`, limit, 'µs')
  ]
}

/** Nothing is timed before both have made the same frame and read it. */
function checkSame (native: FrameCandidates, noble: FrameCandidates): void {
  assert.deepEqual(Buffer.from(native.frame()), Buffer.from(noble.frame()))
  assert.deepEqual(Buffer.from(native.open(0)), Buffer.from(noble.open(0)))
}
