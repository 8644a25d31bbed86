import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainRow } from './harness.ts'
import type { Row, RunContext } from './harness.ts'
import { median } from './measure.ts'
import { startScript } from './node/processes.ts'

/** Milliseconds from a fresh process to a ready node, of a script in `node/` that prints them. */
async function startMs (script: string, cache: string): Promise<number> {
  const child = startScript(script, [], [], { NODE_COMPILE_CACHE: cache })
  try {
    return Number(await child.line())
  } finally {
    await child.end()
  }
}

/** Time to ready of bare libp2p and of `ours`, in interleaved rounds: medians. Both with Node's compile cache, as `tosd` starts. */
export async function compareStarts (ours: string, { long, log }: RunContext): Promise<{ ours: number, bare: number, ratio: number }> {
  const times: { ours: number[], bare: number[] } = { ours: [], bare: [] }
  const cache = await mkdtemp(join(tmpdir(), 'tos-bench-cache-'))
  try {
    // round 0 fills the cache
    for (let round = 0; round <= (long ? 15 : 7); round++) {
      log(`start, round ${round}`)
      const [bare, tos] = [await startMs('start-bare.ts', cache), await startMs(ours, cache)]
      if (round === 0) continue
      times.bare.push(bare)
      times.ours.push(tos)
    }
  } finally {
    await rm(cache, { recursive: true, force: true })
  }
  return { ours: median(times.ours), bare: median(times.bare), ratio: median(times.ours.map((value, i) => value / (times.bare[i] as number))) }
}

/** Resident memory per idle connected peer: the tuned transport beside a bare one. */
export async function memoryRows ({ long, log }: RunContext): Promise<Row[]> {
  const peers = long ? 150 : 30
  const figures: Record<'stock' | 'tuned', number[]> = { stock: [], tuned: [] }
  for (let round = 0; round < (long ? 5 : 3); round++) {
    for (const wire of ['stock', 'tuned'] as const) {
      log(`memory, round ${round + 1}, ${wire}`)
      figures[wire].push(await bytesPerPeer(wire, peers))
    }
  }
  const [stock, tuned] = [median(figures.stock), median(figures.tuned)]
  return [plainRow('memory per idle connected peer', Math.round(tuned / 1024), 'KiB', { peer: 'bare libp2p', ratio: stock / tuned })]
}

async function bytesPerPeer (wire: 'stock' | 'tuned', peers: number): Promise<number> {
  const hub = startScript('hub.ts', [wire], ['--expose-gc'])
  try {
    const address = await hub.line()
    const size = async (expected: number): Promise<number> => {
      hub.tell('size')
      const [bytes = 0, connections = 0] = (await hub.line()).split(' ').map(Number)
      if (connections !== expected) throw new Error(`${connections} connections instead of ${expected}`)
      return bytes
    }
    // a first few peers load the code and warm the pools, so that they are not charged to the others
    const first = startScript('crowd.ts', [address, '10'])
    await first.line()
    const before = await size(10)
    const crowd = startScript('crowd.ts', [address, String(peers)])
    await crowd.line()
    const after = await size(10 + peers)
    await Promise.all([first.end(), crowd.end()])
    return (after - before) / peers
  } finally {
    await hub.end()
  }
}
