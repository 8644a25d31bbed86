import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeStub, encodeStub, isStub } from '../../src/chain/store/block-stub.ts'
import type { BlockStore } from '../../src/chain/store/block-store.ts'
import { openLevelStore } from '../../src/chain/store/level-store.ts'

const IDENTITY = { network: 'easy', genesis: Buffer.alloc(32, 7), difficulty: 1n }
const COUNT = 150
let root = ''

before(async () => { root = await mkdtemp(join(tmpdir(), 'tos-rewrite-')) })
after(async () => { await rm(root, { recursive: true, force: true }) })

const block = (number: number): Buffer => Buffer.alloc(500, number)

async function filled (name: string): Promise<{ store: BlockStore, location: string }> {
  const location = join(root, name)
  const store = await openLevelStore(location, IDENTITY)
  await store.load(() => {})
  for (let number = 1; number <= COUNT; number++) await store.append(block(number))
  return { store, location }
}

async function content (location: string): Promise<{ blocks: Buffer[], recovery: unknown, names: string[] }> {
  const store = await openLevelStore(location, IDENTITY)
  const blocks: Buffer[] = []
  const recovery = await store.load(bytes => { blocks.push(Buffer.from(bytes)) })
  await store.close()
  return { blocks, recovery, names: (await readdir(location)).filter(name => name.startsWith('blocks')).sort() }
}

const short = (number: number): Buffer => Buffer.from(`short ${number}`)
const halved = (_: unknown, number: number): Buffer | undefined => number <= COUNT / 2 ? short(number) : undefined
const expected = Array.from({ length: COUNT + 1 }, (_, i) => i + 1 <= COUNT / 2 ? short(i + 1) : block(i + 1))

test('a stub keeps header and transactions, and no block is taken for one', () => {
  const stub = { header: new Uint8Array(200).fill(1), transactions: [{ id: new Uint8Array(32).fill(2), sender: new Uint8Array(32).fill(3), nonce: 4n }] }
  const bytes = encodeStub(stub)
  assert.ok(isStub(bytes))
  assert.deepEqual(decodeStub(bytes), stub)
  assert.ok(!isStub(block(1)))
  assert.throws(() => decodeStub(bytes.subarray(0, -1)), { code: 'TRUNCATED' })
})

test('a log written anew holds what was put in place, goes on, and is whole for the next process', async () => {
  const { store, location } = await filled('whole')
  const full = await store.bytes()
  await store.rewrite(halved, { keepOld: false })
  assert.deepEqual(await store.read(1), short(1))
  assert.ok(await store.bytes() < full)
  await store.append(block(COUNT + 1))
  assert.deepEqual(await store.scan(() => {}), { count: COUNT + 1, fault: undefined })
  await store.close()
  const { blocks, recovery, names } = await content(location)
  assert.deepEqual({ recovery, names }, { recovery: undefined, names: ['blocks'] })
  assert.deepEqual(blocks, expected)
  assert.match(await readFile(join(location, 'ledger.json'), 'utf8'), /"format":2/)
})

test('reads wait for the swap and see one log or the other', async () => {
  const { store } = await filled('reads')
  const state = { done: false }
  const rewriting = store.rewrite(halved, { keepOld: true }).finally(() => { state.done = true })
  while (!state.done) {
    const [low, high] = await Promise.all([store.read(1), store.read(COUNT)])
    assert.ok(Buffer.from(low).equals(block(1)) || Buffer.from(low).equals(short(1)))
    assert.deepEqual(high, block(COUNT))
  }
  await rewriting
  await store.close()
})

test('scan names the block its visitor refuses, and takes a visitor that waits', async () => {
  const { store } = await filled('scan')
  const found = { count: 8, fault: 'block 9 cannot be used: nine', next: block(10) }
  assert.deepEqual(await store.scan((_, number) => { if (number === 9) throw new Error('nine') }), found)
  assert.deepEqual(await store.scan(async (_, number) => { if (number === 9) throw new Error('nine') }), found)
  await store.close()
})

for (const [what, leave, kept] of [
  ['a copy that was not finished', async (at: string) => { await mkdir(join(at, 'blocks.new')) }, COUNT],
  ['the moment between the two renames', async (at: string) => { await rename(join(at, 'blocks'), join(at, 'blocks.new')); await mkdir(join(at, 'blocks.old')) }, COUNT],
  ['a replaced log that was not removed', async (at: string) => { await mkdir(join(at, 'blocks.old')) }, COUNT]
] as const) {
  test(`a crash that left ${what} costs nothing, and its waste is removed`, async () => {
    const { store, location } = await filled(`crash ${what}`)
    await store.close()
    await leave(location)
    const { blocks, recovery, names } = await content(location)
    assert.deepEqual([blocks.length, recovery, names], [kept, undefined, ['blocks']])
  })
}
