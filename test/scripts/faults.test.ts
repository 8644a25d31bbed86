import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { createSeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { damageOne, makeGolden } from '../../scripts/faults/damage/images.ts'
import type { Golden } from '../../scripts/faults/damage/images.ts'
import { FAIL_POINTS } from '../../scripts/faults/kill/fail-points.ts'
import { killAt, makeMaterial } from '../../scripts/faults/kill/kill-at.ts'
import type { Material, Toll } from '../../scripts/faults/kill/kill-at.ts'
import { suites } from '../../scripts/faults/suites.ts'

suite('fault suites', () => {
  for (const [name, load] of Object.entries(suites)) {
    test(`${name} loads and goes by the name it is asked for`, async () => {
      const loaded = await load()
      assert.equal(loaded.name, name)
      assert.notEqual(loaded.describe, '')
    })
  }

  test('fail points have names of their own, and there are twenty and more', () => {
    assert.equal(new Set(FAIL_POINTS.map(({ name }) => name)).size, FAIL_POINTS.length)
    assert.ok(FAIL_POINTS.length >= 20)
  })
})

suite('F1 in short: kill -9', { timeout: 120_000 }, () => {
  let material: Material
  before(async () => { material = await makeMaterial(2) })
  after(async () => { await material.remove() })

  for (const name of ['manifest drafted', 'block written, mark not', 'block acknowledged amid tables', 'prune: old log aside', 'damaged body: half copied', 'full disk: log closed', 'repair: new log in place']) {
    test(`${name}: nothing acknowledged is lost, nothing is torn, the next process goes on`, async () => {
      const point = FAIL_POINTS.find(other => other.name === name)
      assert.ok(point !== undefined)
      const toll: Toll = { kills: 0, acknowledged: 0, lost: 0, torn: 0, unopened: 0, missed: 0, faults: [] }
      await killAt(material, point, [0.2, 0.7], toll)
      assert.deepEqual(toll.faults, [])
      assert.deepEqual([toll.kills, toll.lost, toll.torn, toll.unopened, toll.missed], [2, 0, 0, 0, 0])
    })
  }
})

suite('F2 in short: damaged files', () => {
  let golden: Golden
  before(async () => { golden = await makeGolden() })
  after(async () => { await golden.remove() })

  test('bit flips in the files of blocks are always told, and a prefix survives', async () => {
    for (let round = 0; round < 8; round++) {
      const { what, kept, reported, wrong } = await damageOne(golden, 'flip', createSeededBytes(`short ${round}`))
      assert.equal(wrong, undefined, what)
      assert.ok(reported || kept === golden.chain.length, what)
    }
  })
})
