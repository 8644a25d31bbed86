import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lines, scratch, tosd } from './run.ts'

const { dir, remove } = scratch('upkeep')
after(remove)
const BLOCKS = 340
const target = (name: string): string[] => ['--network', 'lab', '--difficulty', '1', '--data-dir', join(dir, name), '--json']

before(async () => {
  const file = join(dir, 'a.chain')
  await tosd(['chain', 'generate', '--network', 'lab', '--difficulty', '1', '--blocks', String(BLOCKS), '--txs', '1', '--out', file])
  const imported = await tosd(['chain', 'import', file, ...target('one')])
  assert.equal(imported.code, 0, imported.stderr)
})

const files = (name: string): Map<string, Buffer> => new Map(readdirSync(join(dir, name, 'chain', 'blocks')).filter(file => /\.(?:ldb|log)$/.test(file)).map(file => {
  const path = join(dir, name, 'chain', 'blocks', file)
  return [path, readFileSync(path)]
}))

test('verify passes a sound store, changes nothing in it and leaves nothing behind', async () => {
  const before = files('one')
  const { code, stdout } = await tosd(['chain', 'verify', '--signatures', ...target('one')])
  const last = lines(stdout).at(-1) as { verification: { last: object } }
  const { last: tip, ...found } = last.verification
  assert.deepEqual([code, found], [0, { blocks: BLOCKS, pruned: 0, transactions: BLOCKS, height: BLOCKS, signatures: true }])
  assert.deepEqual((tip as { number: number }).number, BLOCKS)
  assert.deepEqual(files('one'), before)
  assert.deepEqual(readdirSync(join(dir, 'one', 'chain')).sort(), ['blocks', 'high-mark', 'ledger.json', 'lock'])
})

test('stats of a data directory', async () => {
  const { code, stdout } = await tosd(['chain', 'stats', ...target('one')])
  const { bytes, growth, ...rest } = lines(stdout)[0] as { bytes: number, growth: object }
  assert.equal(code, 0)
  assert.deepEqual(rest, { blocks: BLOCKS, height: BLOCKS, tips: 1, transactions: BLOCKS, accounts: 16, merged: 0, aside: 0, prunedBelow: 0, writable: true })
  assert.ok(bytes > BLOCKS * 300 && growth !== undefined)
  const text = await tosd(['chain', 'stats', ...target('one').slice(0, -1)])
  assert.match(text.stdout, /height +340\n/)
  assert.match(text.stdout, /86400 blocks and .* a day/)
})

test('prune keeps 288 heights and more, says what it did, and does nothing twice', async () => {
  for (const keep of ['287', 'all', '-1']) {
    const { code, stderr } = await tosd(['chain', 'prune', `--keep=${keep}`, ...target('one')])
    assert.deepEqual([code, lines(stderr)[0]?.['code']], [2, 'USAGE'], keep)
  }
  const { code, stdout } = await tosd(['chain', 'prune', ...target('one')])
  const { bytesBefore, bytesAfter, ...result } = lines(stdout)[0] as { bytesBefore: number, bytesAfter: number }
  assert.deepEqual([code, result], [0, { pruned: BLOCKS - 288 - 1, prunedBelow: BLOCKS - 288 }])
  assert.ok(bytesAfter < bytesBefore)
  assert.equal(lines((await tosd(['chain', 'prune', ...target('one')])).stdout)[0]?.['pruned'], 0)
  const verified = lines((await tosd(['chain', 'verify', ...target('one')])).stdout).at(-1) as { verification: { pruned: number, blocks: number } }
  assert.deepEqual([verified.verification.pruned, verified.verification.blocks], [BLOCKS - 288 - 1, BLOCKS])
  assert.equal(lines((await tosd(['chain', 'stats', ...target('one')])).stdout)[0]?.['prunedBelow'], BLOCKS - 288)
})

test('verify names the first damage, leaves it as it is, and exits 1 with STORE_CORRUPT', async () => {
  const [path, bytes] = [...files('one')].find(([, content]) => content.length > 50_000) as [string, Buffer]
  const at = Math.floor(bytes.length / 2)
  const damaged = Buffer.from(bytes)
  damaged.writeUInt8(bytes.readUInt8(at) ^ 4, at)
  writeFileSync(path, damaged)
  for (const round of [1, 2]) {
    const { code, stderr, stdout } = await tosd(['chain', 'verify', ...target('one')])
    const error = lines(stderr)[0] as { code: string, details: { number: number, lastSoundHash: string }, hint: string }
    assert.deepEqual([code, error.code], [1, 'STORE_CORRUPT'], `round ${round}: ${stdout}`)
    assert.ok(error.details.number >= 1 && error.details.number <= BLOCKS + 1)
    assert.match(error.details.lastSoundHash, /^[0-9a-f]{64}$/)
    assert.match(error.hint, /start the node/)
    assert.deepEqual(readFileSync(path), damaged)
  }
  // what the hint promises
  const kept = lines((await tosd(['chain', 'stats', ...target('one')])).stdout)[0]?.['blocks'] as number
  assert.ok(kept < BLOCKS)
  assert.equal((await tosd(['chain', 'verify', ...target('one')])).code, 0)
})
