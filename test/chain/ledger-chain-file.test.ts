import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { BlockData } from '../../protocols/index.ts'
import { createReferenceLedger, exportChain, generateChain, importChain } from '../../src/chain/index.ts'
import type { ReferenceLedger } from '../../src/chain/index.ts'
import { createSeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { TosError } from '../../src/errors/index.ts'
import { encode, toHex } from '../../src/wire/index.ts'
import { blockData } from '../../protocols/index.ts'
import { EASY } from '../support/ledger-blocks.ts'

const BLOCKS = 60
let folder = ''
let path = ''
let bytes: Buffer = Buffer.alloc(0)
let source: ReferenceLedger

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tos-chain-file-'))
  path = join(folder, 'test.chain')
  source = await createReferenceLedger(EASY)
  for await (const block of generateChain({ ...EASY, blocks: BLOCKS, transactionsPerBlock: 3, forks: 0.3 })) await source.add(block)
  await exportChain(source, path)
  bytes = await readFile(path)
})

after(async () => {
  await source.close()
  await rm(folder, { recursive: true, force: true })
})

const fresh = (): Promise<ReferenceLedger> => createReferenceLedger(EASY)

test('a chain goes through a file and arrives whole, progress and all', async () => {
  const ledger = await fresh()
  const seen: number[] = []
  const done = await importChain(ledger, path, { onProgress: ({ blocks }) => { seen.push(blocks) } })
  const ordered = source.after([], Buffer.alloc(32), 1e6).hashes
  assert.deepEqual({ blocks: done.blocks, added: done.added, bytes: done.bytes }, { blocks: ordered.length, added: ordered.length, bytes: bytes.length })
  assert.deepEqual(seen, ordered.map((_, i) => i + 1))
  assert.deepEqual(ledger.after([], Buffer.alloc(32), 1e6).hashes.map(toHex), ordered.map(toHex))
  assert.deepEqual(ledger.tip(), source.tip())
  assert.equal((await importChain(ledger, path)).added, 0)
  await ledger.close()
})

test('a stream works like a path, on both sides, and the bytes are the same', async () => {
  const copy = join(folder, 'stream.chain')
  const sums = await exportChain(source, createWriteStream(copy))
  assert.ok(bytes.equals(await readFile(copy)))
  assert.equal(sums.bytes, bytes.length)
  const ledger = await fresh()
  // one byte at a time: no chunk border may matter
  const drip = async function * (): AsyncGenerator<Uint8Array> { for (const byte of bytes) yield Buffer.of(byte) }
  assert.equal((await importChain(ledger, drip())).blocks, sums.blocks)
  await ledger.close()
})

test('40 damaged files: CHAIN_FILE_INVALID names the place, and every block before it is kept', async () => {
  const random = createSeededBytes('files')
  for (let round = 0; round < 40; round++) {
    const at = random.below(bytes.length)
    const damaged = Buffer.from(round % 2 === 0 ? bytes.subarray(0, at) : bytes)
    if (round % 2 === 1) damaged[at] = (damaged[at] as number) ^ (1 << random.below(8))
    const ledger = await fresh()
    const error = await importChain(ledger, streamOf(damaged)).then(() => undefined, (thrown: unknown) => thrown)
    const what = `round ${round}, byte ${at}`
    assert.ok(error instanceof TosError && (error.code === 'CHAIN_FILE_INVALID' || (error.code === 'GENESIS_MISMATCH' && at < 80)), `${what}: ${String(error)}`)
    const blocks = wholeBlocksBefore(at)
    assert.equal(error.details?.blocks, blocks, what)
    assert.ok(Number(error.details?.offset) <= at, what)
    assert.equal(ledger.dump().blocks, 1 + blocks, what)
    await ledger.close()
  }
})

test('bytes after the end, an empty file, another file and another network are refused', async () => {
  const ledger = await fresh()
  await assert.rejects(importChain(ledger, streamOf(Buffer.alloc(0))), { code: 'CHAIN_FILE_INVALID' })
  await assert.rejects(importChain(ledger, streamOf(Buffer.from('# A text of some length that is no chain file at all'))), { code: 'CHAIN_FILE_INVALID' })
  await assert.rejects(importChain(ledger, join(folder, 'none.chain')), { code: 'FILE_UNREADABLE' })
  assert.equal(ledger.dump().blocks, 1)
  await assert.rejects(importChain(ledger, streamOf(Buffer.concat([bytes, Buffer.of(0)]))), { code: 'CHAIN_FILE_INVALID' })
  const other = await createReferenceLedger({ network: 'other', difficulty: 1n })
  await assert.rejects(importChain(other, path), { code: 'GENESIS_MISMATCH' })
  await Promise.all([ledger.close(), other.close()])
})

test('an aborted export leaves neither the file nor a part of it; an aborted import keeps what it had', async () => {
  const controller = new AbortController()
  const target = join(folder, 'aborted.chain')
  await assert.rejects(exportChain(source, target, { signal: controller.signal, onProgress: ({ blocks }) => { if (blocks === 5) controller.abort() } }), { code: 'ABORTED' })
  assert.deepEqual((await readdir(folder)).filter(name => name.startsWith('aborted')), [])
  await assert.rejects(exportChain(source, join(folder, 'no', 'such', 'folder')), { code: 'FILE_UNREADABLE' })
  const ledger = await fresh()
  const stop = new AbortController()
  await assert.rejects(importChain(ledger, path, { signal: stop.signal, onProgress: ({ blocks }) => { if (blocks === 5) stop.abort() } }), { code: 'ABORTED' })
  assert.equal(ledger.dump().blocks, 6)
  await ledger.close()
})

test('the generator gives the same bytes for the same options, other bytes for another seed, and the forks asked for', async () => {
  const generate = async (seed: string): Promise<BlockData[]> => {
    const blocks: BlockData[] = []
    for await (const block of generateChain({ network: 'devnet', blocks: 120, transactionsPerBlock: 2, forks: 0.3, seed })) blocks.push(block)
    return blocks
  }
  const [one, same, other] = [await generate('a'), await generate('a'), await generate('b')]
  assert.deepEqual(one.map(block => toHex(encode(blockData, block))), same.map(block => toHex(encode(blockData, block))))
  assert.notDeepEqual(one[0]?.hash, other[0]?.hash)
  const merging = one.filter(({ parents }) => parents.length > 1).length
  assert.ok(merging > 20 && merging < 50, `${merging} of 120 merge`)
  const ledger = await createReferenceLedger({ network: 'devnet' })
  for (const block of one) assert.equal((await ledger.add(block)).status, 'accepted')
  await ledger.close()
})

async function * streamOf (data: Uint8Array): AsyncGenerator<Uint8Array> { yield data }

/** Blocks that end at or before byte `at`. */
function wholeBlocksBefore (at: number): number {
  let blocks = 0
  let offset = 12 + bytes.readUInt32LE(8)
  for (;;) {
    const length = bytes.readUInt32LE(offset)
    if (length === 0) return blocks
    offset += 4 + length
    if (offset > at) return blocks
    blocks++
  }
}
