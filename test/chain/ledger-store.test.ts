import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ClassicLevel } from 'classic-level'
import type { BlockData } from '../../protocols/index.ts'
import { createReferenceLedger, generateChain } from '../../src/chain/index.ts'
import type { ReferenceLedger } from '../../src/chain/index.ts'
import { recordKey } from '../../src/chain/store/block-log.ts'
import { createSeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { toHex } from '../../src/wire/index.ts'
import { EASY, blockOn } from '../support/ledger-blocks.ts'

const STOP = Buffer.alloc(32)
const BLOCKS = 120
const PART = 40
let root = ''
let golden = ''
const chain: BlockData[] = []

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tos-ledger-'))
  golden = join(root, 'golden')
  for await (const block of generateChain({ ...EASY, blocks: BLOCKS, transactionsPerBlock: 1, bodyBytes: 1000, forks: 0.2, senders: 3 })) chain.push(block)
  // in several tables, as after a long life, and a log on top
  for (let from = 0; from < BLOCKS; from += PART) {
    const ledger = await open(golden)
    for (const block of chain.slice(from, from + PART)) assert.equal((await ledger.add(block)).status, 'accepted')
    await ledger.close()
    if (from < BLOCKS / 2) await withLog(golden, db => db.compactRange(recordKey(from), recordKey(from + PART)))
  }
})

after(async () => { await rm(root, { recursive: true, force: true }) })

function open (location: string): Promise<ReferenceLedger> {
  return createReferenceLedger({ ...EASY, location })
}

async function image (name: string): Promise<string> {
  const location = join(root, name)
  await rm(location, { recursive: true, force: true })
  await cp(golden, location, { recursive: true })
  return location
}

/** Everything the ledger says about the blocks it holds. */
async function view (ledger: ReferenceLedger): Promise<unknown> {
  const hashes = ledger.after([], STOP, 1e6).hashes
  return {
    tip: ledger.tip(), tips: ledger.tips(), order: hashes.map(toHex), locator: ledger.locator(), dump: { ...ledger.dump(), cachedKeys: 0, branches: 0 },
    blocks: await Promise.all(hashes.slice(-5).map(hash => ledger.block(hash))), nonces: [...new Set(chain.flatMap(block => block.transactions.map(data => toHex(data.subarray(0, 32)))))].map(sender => ledger.nextNonce(Buffer.from(sender, 'hex')))
  }
}

/** Opens a damaged image: what is held is the first blocks of the log, all of them readable, and it goes on from there. */
async function prefixOf (location: string): Promise<{ kept: number, reported: boolean }> {
  const ledger = await open(location)
  const kept = ledger.dump().blocks as number - 1
  for (const [i, block] of chain.entries()) assert.equal(ledger.has(block.hash), i < kept, `block ${i} of ${kept}`)
  for (const block of chain.slice(0, kept)) assert.deepEqual(toHex((await ledger.block(block.hash))?.header ?? STOP), toHex(block.header))
  const { recovered } = ledger
  if (recovered !== undefined) assert.equal(recovered.kept, kept)
  for (const block of chain.slice(kept)) assert.equal((await ledger.add(block)).status, 'accepted')
  await ledger.close()
  const again = await open(location)
  assert.equal(again.recovered, undefined, 'the damage is healed')
  assert.equal(again.dump().blocks, BLOCKS + 1)
  await again.close()
  return { kept, reported: recovered !== undefined }
}

test('a closed ledger opens with the same tip, order, nonces and blocks', async () => {
  const memory = await createReferenceLedger(EASY)
  for (const block of chain) await memory.add(block)
  const ledger = await open(await image('same'))
  assert.equal(ledger.recovered, undefined)
  assert.deepEqual(await view(ledger), await view(memory))
  await ledger.close()
})

test('24 damaged images (the rest is `npm run faults -- damage`): a contiguous prefix survives, a loss is always reported, and the ledger goes on', async t => {
  const files = (await readdir(golden, { recursive: true })).filter(name => /\.(?:log|ldb)$|MANIFEST|CURRENT|high-mark|ledger\.json/.test(name)).sort()
  let lost = 0
  const damage = async (round: number, location: string): Promise<void> => {
    const random = createSeededBytes(`damage ${round}`)
    const name = files[round % files.length] as string
    const path = join(location, name)
    const { size } = await stat(path)
    const at = random.below(size)
    const length = 1 + random.below(Math.min(size - at, 4096))
    const kind = ['truncate', 'flip', 'zero', 'garbage', 'delete'][random.below(5)] as string
    if (kind === 'truncate') await truncate(path, at)
    else if (kind === 'delete') await rm(path)
    else await overwrite(path, at, kind === 'flip' ? 1 : length, byte => kind === 'flip' ? byte ^ (1 << random.below(8)) : kind === 'zero' ? 0 : random.below(256))
    const what = `round ${round}: ${kind} ${name} at ${at} of ${size}, ${length} bytes`
    const { kept, reported } = await prefixOf(location).catch((error: unknown) => { throw new Error(what, { cause: error }) })
    assert.ok(kept === BLOCKS || reported, `${what}: ${BLOCKS - kept} blocks vanished in silence`)
    if (kept < BLOCKS) lost++
  }
  // four at a time: a store waits for the disk
  const rounds = Array.from({ length: 50 }, (_, round) => round).values()
  await Promise.all([0, 1, 2, 3].map(async worker => { for (const round of rounds) await damage(round, await image(`damaged${worker}`)) }))
  t.diagnostic(`${lost} of 24 images had lost blocks`)
  assert.ok(lost >= 5, `only ${lost} images hurt: the damage misses the data`)
})

for (const [what, keys] of [['first', [1]], ['a middle', [70]], ['the last', [BLOCKS]], ['two', [50, 110]]] as const) {
  test(`a record deleted behind our back is noticed: ${what}`, async () => {
    const location = await image('missing')
    await withLog(location, async db => { for (const key of keys) await db.del(recordKey(key)) })
    assert.deepEqual(await prefixOf(location), { kept: (keys[0] as number) - 1, reported: true })
  })
}

test('a valid record in the wrong place breaks the hash chain', async () => {
  const location = await image('moved')
  await withLog(location, async db => { await db.put(recordKey(90), await db.get(recordKey(91)) as Buffer) })
  assert.deepEqual(await prefixOf(location), { kept: 89, reported: true })
})

test('the report says what was kept, dropped and put aside', async () => {
  const location = await image('report')
  await withLog(location, async db => { await db.del(recordKey(100)) })
  const ledger = await open(location)
  assert.deepEqual(ledger.recovered, { code: 'STORE_CORRUPT', kept: 99, dropped: 21, reason: 'block 100 is missing', setAside: join(location, 'blocks.damaged') })
  await ledger.close()
})

test('a store of another network, difficulty or a newer format is refused, and so are foreign or locked directories', async () => {
  const location = await image('foreign')
  await assert.rejects(createReferenceLedger({ network: 'other', location }), { code: 'GENESIS_MISMATCH' })
  await assert.rejects(createReferenceLedger({ ...EASY, difficulty: 2n, location }), { code: 'GENESIS_MISMATCH' })
  const manifest = join(location, 'ledger.json')
  const text = await readFile(manifest, 'utf8')
  await writeFile(manifest, text.replace('"format":1', '"format":3'))
  await assert.rejects(open(location), { code: 'DATA_DIR_NEWER' })
  await writeFile(manifest, text)
  const ledger = await open(location)
  await assert.rejects(open(location), { code: 'DATA_DIR_LOCKED' })
  await ledger.close()
  const stranger = await mkdtemp(join(root, 'stranger-'))
  await writeFile(join(stranger, 'letter.txt'), 'hello')
  await assert.rejects(open(stranger), { code: 'DATA_DIR_FOREIGN' })
  await assert.rejects(open(join(stranger, 'letter.txt')), { code: 'DATA_DIR_UNREADABLE' })
})

test('a bit that flips in a table costs the blocks from there on, not the whole table', async () => {
  const location = await image('flip')
  const at = 30
  for (const name of await readdir(join(location, 'blocks'))) {
    const path = join(location, 'blocks', name)
    const offset = name.endsWith('.ldb') ? (await readFile(path)).indexOf((chain[at] as BlockData).header) : -1
    if (offset !== -1) await overwrite(path, offset, 1, byte => byte ^ 1)
  }
  const { kept, reported } = await prefixOf(location)
  // LevelDB checks and drops blocks of 4 KiB
  assert.ok(reported && kept <= at && kept > at - 8, `${kept} kept`)
})

test('a first start that was killed before its manifest had its name is no foreign directory', async () => {
  const location = await mkdtemp(join(root, 'first-'))
  await writeFile(join(location, 'ledger.json.new'), '{"format":1,')
  const ledger = await open(location)
  assert.equal(ledger.recovered, undefined)
  await ledger.close()
})

test('a log that cannot be repaired at all is put aside and the chain starts over, with a report', async () => {
  const location = await image('hopeless')
  for (const name of await readdir(join(location, 'blocks'))) if (name !== 'LOCK') await writeFile(join(location, 'blocks', name), 'x'.repeat(100))
  const { kept, reported } = await prefixOf(location)
  assert.deepEqual({ kept, reported }, { kept: 0, reported: true })
})

test('close leaves no handle behind and may be called twice', async () => {
  const location = await image('handles')
  const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length
  const count = await descriptors()
  for (let i = 0; i < 5; i++) {
    const ledger = await open(location)
    await ledger.add(await blockOn([chain.at(-1) as BlockData]))
    await ledger.close()
    await ledger.close()
    await assert.rejects(ledger.block((chain[0] as BlockData).hash), { code: 'STORE_CLOSED' })
  }
  assert.equal(await descriptors(), count)
})

async function withLog (location: string, work: (db: ClassicLevel<Buffer, Buffer>) => Promise<void>): Promise<void> {
  const db = new ClassicLevel<Buffer, Buffer>(join(location, 'blocks'), { keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false })
  await work(db)
  await db.close()
}

async function overwrite (path: string, at: number, length: number, change: (byte: number) => number): Promise<void> {
  const bytes = await readFile(path)
  for (let i = at; i < at + length; i++) bytes[i] = change(bytes[i] as number)
  await writeFile(path, bytes)
}
