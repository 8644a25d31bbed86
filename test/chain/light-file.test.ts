import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { genesisOf, openLightLedger } from '../../src/chain/index.ts'
import type { LightLedger } from '../../src/chain/index.ts'
import type { BlockData } from '../../protocols/index.ts'
import { EASY, blockOn } from '../support/ledger-blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'tos-headers-'))
after(() => { rmSync(folder, { recursive: true, force: true }) })

const blocks: BlockData[] = []
for (let below = genesisOf(EASY.network); blocks.length < 40; below = blocks.at(-1) as BlockData) blocks.push(await blockOn([below]))
async function opened<T> (file: string, use: (ledger: LightLedger) => T | Promise<T>, maxHeaders?: number): Promise<T> {
  const ledger = openLightLedger({ ...EASY, file, ...(maxHeaders === undefined ? {} : { maxHeaders }) })
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}
const fill = async (file: string, count = 40): Promise<void> => opened(file, async ledger => { for (const block of blocks.slice(0, count)) await ledger.add(block) })
const heightOf = async (file: string): Promise<[bigint, number]> => opened(file, ledger => [ledger.tip().height, ledger.lost])

test('headers outlive a restart; a torn or damaged end is cut off and the rest goes on', async () => {
  const file = join(folder, 'torn')
  await fill(file)
  assert.deepEqual(await heightOf(file), [40n, 0])
  const { size } = statSync(file)
  truncateSync(file, size - 1)
  assert.deepEqual(await heightOf(file), [39n, 138])
  await fill(file)
  assert.equal(statSync(file).size, size)
  // a bit turned in the header of height 20
  const bytes = readFileSync(file)
  bytes.writeUInt8((bytes[40 + 19 * 139 + 50] as number) ^ 1, 40 + 19 * 139 + 50)
  writeFileSync(file, bytes)
  const [height, lost] = await heightOf(file)
  assert.ok(height === 19n || height === 20n, `${height}`)
  assert.ok(lost > 0)
  await fill(file)
  appendFileSync(file, Buffer.alloc(500, 0xff))
  assert.deepEqual(await heightOf(file), [40n, 500])
})

test('above its limit the file keeps the newer headers and begins again from the lowest of them', async () => {
  const file = join(folder, 'bounded')
  await opened(file, async ledger => { for (const block of blocks) await ledger.add(block) }, 16)
  assert.ok(statSync(file).size <= 40 + 17 * 139, `${statSync(file).size}`)
  await opened(file, ledger => {
    assert.deepEqual([ledger.tip().height, ledger.tip().cumulativeDifficulty, ledger.lost], [40n, 41n, 0])
    assert.equal(ledger.atHeights(1n, 1).length, 0)
  }, 16)
})

test('the file of another network is refused, and what is no header file begins anew', async () => {
  const file = join(folder, 'other')
  await fill(file, 3)
  assert.throws(() => openLightLedger({ network: 'another', file }), { code: 'GENESIS_MISMATCH' })
  writeFileSync(file, 'nonsense')
  assert.deepEqual(await heightOf(file), [0n, 8])
  assert.throws(() => openLightLedger({ ...EASY, file: folder }), { code: 'DATA_DIR_UNREADABLE' })
})
