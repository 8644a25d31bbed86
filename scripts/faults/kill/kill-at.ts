import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { blockData } from '../../../protocols/index.ts'
import { createReferenceLedger, exportChain, generateChain } from '../../../src/chain/index.ts'
import { encode } from '../../../src/wire/index.ts'
import { NETWORK, openLedger } from '../network.ts'
import type { FailPoint } from './fail-points.ts'
import type { LifePlan } from './life.ts'

/** What the kills cost. */
export interface Toll {
  kills: number
  acknowledged: number
  lost: number
  torn: number
  unopened: number
  missed: number
  /** What went wrong, in words. */
  readonly faults: string[]
}

/** What all lives share. */
export interface Material {
  readonly root: string
  /** `life.ts` in one file: half a thousand processes have to start. */
  readonly life: string
  readonly chain: string
  readonly records: string
  /** A store high enough to be pruned. */
  readonly seeded: string
  remove (): Promise<void>
}

/** Most that one store grows by in a life. */
const LIFE_BLOCKS = 62
const SEEDED = 330
const LIFE_MS = 30_000

/** A chain as file and as records, long enough for `rounds` lives, and a store with its beginning. */
export async function makeMaterial (rounds: number): Promise<Material> {
  const root = await mkdtemp(join(tmpdir(), 'tos-kill-'))
  const [chain, records, seeded] = ['chain.tos', 'records', 'seeded'].map(name => join(root, name)) as [string, string, string]
  const memory = await createReferenceLedger(NETWORK)
  const disk = await openLedger(seeded)
  const parts: Uint8Array[] = []
  let count = 0
  for await (const block of generateChain({ ...NETWORK, blocks: Math.max(2 * SEEDED, rounds * LIFE_BLOCKS), transactionsPerBlock: 1, bodyBytes: 200, senders: 4 })) {
    await memory.add(block)
    if (++count <= SEEDED) await disk.add(block)
    const bytes = encode(blockData, block)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    parts.push(length, bytes)
  }
  await disk.close()
  await exportChain(memory, chain)
  await memory.close()
  await writeFile(records, Buffer.concat(parts))
  const life = join(root, 'life.mjs')
  await bundle(life)
  return { root, life, chain, records, seeded, remove: () => rm(root, { recursive: true, force: true }) }
}

async function bundle (outfile: string): Promise<void> {
  const native: Plugin = { name: 'native', setup (build) { build.onResolve({ filter: /^classic-level$/ }, ({ path }) => ({ path: import.meta.resolve(path), external: true })) } }
  await build({ entryPoints: [fileURLToPath(new URL('life.ts', import.meta.url))], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', plugins: [native] })
}

/** Lets a process die at `point` once per draw, on one store, and looks at what is left each time. */
export async function killAt ({ root, life, chain, records, seeded }: Material, point: FailPoint, draws: readonly number[], toll: Toll): Promise<void> {
  const location = await mkdtemp(join(root, 'store-'))
  for (const [round, draw] of draws.entries()) {
    // copies, renames and repairs need something to work on, growth needs room above
    if (point.life !== 'grow' || point.fresh === true) await rm(location, { recursive: true, force: true })
    if (point.life !== 'grow') await cp(seeded, location, { recursive: true })
    if (point.life === 'repair') await rm(join(location, 'blocks', 'CURRENT'))
    const n = typeof point.n === 'number' ? point.n : point.n[0] + Math.floor(draw * (point.n[1] - point.n[0] + 1))
    const what = `${point.name}, round ${round}, call ${n}`
    const { acknowledged, killed, stderr } = await live(life, { location, point, n, from: round % 2 === 0 ? 'import' : 'sync', chain, records })
    if (killed) toll.kills++
    else {
      toll.missed++
      toll.faults.push(`${what}: not killed: ${stderr.slice(0, 500)}`)
    }
    toll.acknowledged += acknowledged.length
    await look(location, point, acknowledged, round === draws.length - 1, what, toll)
  }
  await rm(location, { recursive: true, force: true })
}

async function live (life: string, plan: LifePlan): Promise<{ acknowledged: string[], killed: boolean, stderr: string }> {
  const child = spawn(process.execPath, [life, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => { child.kill('SIGTERM') }, LIFE_MS)
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const [stdout, stderr, [, signal]] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  clearTimeout(timer)
  return { acknowledged: stdout.split('\n').filter(line => line !== ''), killed: signal === 'SIGKILL', stderr }
}

/** The next process must hold every acknowledged block, whole, and take the next one. */
async function look (location: string, point: FailPoint, acknowledged: readonly string[], whole: boolean, what: string, toll: Toll): Promise<void> {
  let ledger
  try {
    ledger = await openLedger(location)
  } catch (error) {
    toll.unopened++
    toll.faults.push(`${what}: ${String(error)}`)
    return
  }
  const { recovered } = ledger
  if (recovered !== undefined && (point.life !== 'repair' || recovered.dropped > 0)) {
    toll.torn++
    toll.faults.push(`${what}: ${JSON.stringify(recovered)}`)
  }
  const lost = acknowledged.filter(hash => ledger?.has(Buffer.from(hash, 'hex')) !== true)
  const seeded = point.life === 'grow' ? 0 : Math.max(0, SEEDED + 1 - (ledger.dump()['blocks'] ?? 0))
  toll.lost += lost.length + seeded
  if (lost.length + seeded > 0) toll.faults.push(`${what}: ${lost.length} acknowledged and ${seeded} seeded blocks are gone`)
  // opening it has followed the hash chain already
  const { damage } = whole ? await ledger.upkeep.verify() : {}
  if (damage !== undefined) {
    toll.torn++
    toll.faults.push(`${what}: ${JSON.stringify(damage)}`)
  }
  await ledger.close()
}
