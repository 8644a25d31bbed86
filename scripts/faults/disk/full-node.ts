import { watch } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SERVICE } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { generateChain } from '../../../src/chain/index.ts'
import { TosError } from '../../../src/errors/index.ts'
import { createTosNode } from '../../../src/index.ts'
import type { TosNode } from '../../../src/index.ts'
import { NETWORK, openLedger } from '../network.ts'
import { fillDisk, freeDisk } from './small-disk.ts'
import type { Way } from './small-disk.ts'

/*
 * A node whose disk fills up, for disk.ts: argv[2] is the folder of the small disk, argv[3] the way it was made. Prints one JSON line, a
 * `DiskReport`.
 */

/** What was seen. Times in seconds. */
export interface DiskReport {
  /** Code of the block that the full disk refused. */
  readonly refused: string
  readonly readOnly: boolean
  /** Held blocks that could not be read while the disk was full. */
  readonly unread: number
  /** Whether BLOCKS was claimed to a peer before, while the disk was full, and after. */
  readonly claimed: readonly [boolean, boolean, boolean]
  /** Time between attempts to write again. */
  readonly attempts: readonly number[]
  /** From room on the disk to the first block taken. */
  readonly resumedAfter: number
  /** Warnings the operator got about the store. */
  readonly warnings: number
  /** Blocks acknowledged that the next process does not hold. */
  readonly lost: number
  /** What the next process found wrong. */
  readonly damage: string | undefined
}

const BLOCKS = 400
const BEFORE = 40
const ATTEMPTS = 2
const quiet = { ...NETWORK, difficulty: Number(NETWORK.difficulty), mdns: false, bootstrap: [], listen: ['/ip4/127.0.0.1/tcp/0'] }

const [folder = '', way = 'limit'] = process.argv.slice(2) as [string, Way]
const location = join(folder, 'node')
const chain: BlockData[] = []
for await (const block of generateChain({ ...NETWORK, blocks: BLOCKS, transactionsPerBlock: 2, bodyBytes: 4000, senders: 4 })) chain.push(block)
const node = await createTosNode({ ...quiet, dataDir: location })
const { ledger, events } = node.tos
const acknowledged: BlockData[] = []
let warnings = 0
events.subscribe(event => { if (event.event === 'warning' && event.code === 'STORE_READ_ONLY') warnings++ })

await grow(BEFORE)
const before = await claims(node)
await fillDisk(way, folder)
const refused = await grow(BLOCKS)
const readOnly = ledger.upkeep?.writable === false
const attempts = await nextAttempts()
const during = await claims(node)
const unread = await countUnread()
const freed = performance.now()
const writable = once(ledger as unknown as EventTarget, 'store')
await freeDisk(way, folder)
await writable
await grow(acknowledged.length + 5)
const resumedAfter = (performance.now() - freed) / 1000
const after = await claims(node)
await node.stop()

const next = await openLedger(join(location, 'chain'))
const lost = acknowledged.filter(({ hash }) => !next.has(hash)).length
const report: DiskReport = { refused, readOnly, unread, claimed: [before, during, after], attempts, resumedAfter, warnings, lost, damage: next.recovered?.reason }
await next.close()
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)

/** Adds blocks until `count` are held or one is refused; returns the code of its refusal. */
async function grow (count: number): Promise<string> {
  for (let block = chain[acknowledged.length]; block !== undefined && acknowledged.length < count; block = chain[acknowledged.length]) {
    try {
      await ledger.add(block)
    } catch (error) {
      return error instanceof TosError ? error.code : String(error)
    }
    acknowledged.push(block)
  }
  return ''
}

/** What the node claims in its handshake with a peer it has not met. */
async function claims (subject: TosNode): Promise<boolean> {
  const stranger = await createTosNode({ ...quiet, ephemeral: true })
  try {
    const connection = await stranger.dial(subject.getMultiaddrs())
    await stranger.services.tosPing.request(subject.peerId, { userAgent: 'stranger', services: 0n, timestamp: 0n })
    return ((stranger.services.session.of(connection)?.hello.services ?? 0n) & SERVICE.blocks) !== 0n
  } finally {
    await stranger.stop()
  }
}

async function countUnread (): Promise<number> {
  let count = 0
  for (const { hash } of acknowledged) if (await ledger.block(hash).then(block => block === undefined, () => true)) count++
  return count
}

/** An attempt makes a file to probe the disk with. */
async function nextAttempts (): Promise<number[]> {
  const times = [performance.now()]
  const watcher = watch(join(location, 'chain'))
  watcher.on('change', (_, name) => {
    const now = performance.now()
    // made, written and removed: one attempt
    if (name === 'probe' && now - (times.at(-1) as number) > 1000) times.push(now)
  })
  const limit = performance.now() + ATTEMPTS * 15_000
  while (times.length <= ATTEMPTS && performance.now() < limit) await wait(100)
  watcher.close()
  return times.slice(1).map((time, i) => Math.round(time - (times[i] as number)) / 1000)
}
