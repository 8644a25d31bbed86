import { cp, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { BlockData } from '../../../protocols/index.ts'
import { generateChain } from '../../../src/chain/index.ts'
import { recordKey } from '../../../src/chain/store/block-log.ts'
import type { SeededBytes } from '../../../src/chain/file/seeded-bytes.ts'
import { NETWORK, openLedger } from '../network.ts'

/** How a file of a store is damaged. */
export const KINDS = ['truncate', 'zero', 'garbage', 'flip'] as const
export type Kind = typeof KINDS[number]

/** A store, and the chain it holds. */
export interface Golden {
  readonly root: string
  readonly location: string
  readonly chain: readonly BlockData[]
  remove (): Promise<void>
}

/** What became of a damaged copy. `wrong` says what must never happen, in words. */
export interface Outcome {
  readonly what: string
  readonly kept: number
  readonly reported: boolean
  readonly wrong: string | undefined
}

const BLOCKS = 120
const PART = 40
const LONGEST = 4096

/** A store of several tables with a log on top, as after a long life. */
export async function makeGolden (): Promise<Golden> {
  const root = await mkdtemp(join(tmpdir(), 'tos-damage-'))
  const location = join(root, 'golden')
  const chain: BlockData[] = []
  for await (const block of generateChain({ ...NETWORK, blocks: BLOCKS, transactionsPerBlock: 1, bodyBytes: 1000, forks: 0.2, senders: 3 })) chain.push(block)
  for (let from = 0; from < BLOCKS; from += PART) {
    const ledger = await openLedger(location)
    for (const block of chain.slice(from, from + PART)) await ledger.add(block)
    await ledger.close()
    if (from >= BLOCKS / 2) continue
    const db = new ClassicLevel<Buffer, Buffer>(join(location, 'blocks'), { keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false })
    await db.compactRange(recordKey(from), recordKey(from + PART))
    await db.close()
  }
  return { root, location, chain, remove: () => rm(root, { recursive: true, force: true }) }
}

/** Damages one file of a copy, opens the copy twice, and says what it holds. Bit flips hit the blocks themselves, all else any file. */
export async function damageOne ({ root, location: golden, chain }: Golden, kind: Kind, random: SeededBytes): Promise<Outcome> {
  const location = await mkdtemp(join(root, 'image-'))
  await cp(golden, location, { recursive: true })
  const pattern = kind === 'flip' ? /\.(?:log|ldb)$/ : /\.(?:log|ldb)$|MANIFEST|CURRENT|high-mark|ledger\.json/
  const names = (await readdir(location, { recursive: true })).filter(name => pattern.test(name) && !name.startsWith('lock')).sort()
  const name = names[random.below(names.length)] as string
  const what = `${kind} ${name} ${await damageFile(join(location, name), kind, random)}`
  try {
    const { kept, reported, wrong } = await holds(location, chain)
    return { what, kept, reported, wrong: wrong ?? (kept < chain.length && !reported ? `${chain.length - kept} blocks vanished in silence` : undefined) }
  } catch (error) {
    return { what, kept: 0, reported: false, wrong: String(error) }
  } finally {
    await rm(location, { recursive: true, force: true })
  }
}

async function damageFile (path: string, kind: Kind, random: SeededBytes): Promise<string> {
  const { size } = await stat(path)
  if (size === 0) return '(empty)'
  const at = random.below(size)
  if (kind === 'truncate') {
    await truncate(path, at)
    return `at ${at} of ${size}`
  }
  const bytes = await readFile(path)
  const end = kind === 'flip' ? at + 1 : Math.min(size, at + 1 + random.below(LONGEST))
  for (let i = at; i < end; i++) bytes[i] = kind === 'flip' ? (bytes[i] as number) ^ (1 << random.below(8)) : kind === 'zero' ? 0 : random.below(256)
  await writeFile(path, bytes)
  return `at ${at} to ${end} of ${size}`
}

async function holds (location: string, chain: readonly BlockData[]): Promise<Omit<Outcome, 'what'>> {
  const ledger = await openLedger(location)
  const kept = (ledger.dump()['blocks'] ?? 0) - 1
  const reported = ledger.recovered !== undefined
  let wrong: string | undefined
  for (const [i, block] of chain.entries()) {
    if (ledger.has(block.hash) !== i < kept) wrong ??= `block ${i + 1} breaks the prefix of ${kept}`
    if (i < kept && !same(await ledger.block(block.hash), block)) wrong ??= `block ${i + 1} is not what was written`
  }
  const next = chain[kept]
  if (next !== undefined && (await ledger.add(next)).status !== 'accepted') wrong ??= 'it does not go on'
  await ledger.close()
  const again = await openLedger(location)
  if (again.recovered !== undefined) wrong ??= `it is not healed: ${again.recovered.reason}`
  await again.close()
  return { kept, reported, wrong }
}

function same (found: BlockData | undefined, { header, transactions }: BlockData): boolean {
  return found !== undefined && Buffer.compare(found.header, header) === 0 && found.transactions.length === transactions.length &&
    found.transactions.every((data, i) => Buffer.compare(data, transactions[i] as Uint8Array) === 0)
}
