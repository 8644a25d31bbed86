import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { floorRow, limitRow, plainRow, ratioRow, runSuites } from '../../scripts/bench/harness.ts'
import type { Row, SuiteTable } from '../../scripts/bench/harness.ts'
import { geometricMean, median } from '../../scripts/bench/measure.ts'
import { printReport } from '../../scripts/bench/print.ts'

const table = (rows: Row[]): SuiteTable => ({
  first: async () => ({ name: 'first', describe: 'a suite', run: async () => rows }),
  second: async () => ({ name: 'second', describe: 'another', run: async () => [plainRow('figure', 1, 'ms')] })
})

/** What a run of the suites returns and writes to standard output and standard error. */
async function run (suites: SuiteTable, args: readonly string[]): Promise<{ code: number, out: string, err: string }> {
  const texts = { out: '', err: '' }
  const code = await runSuites('bench', suites, args, { out: text => { texts.out += text }, err: text => { texts.err += text } })
  return { code, ...texts }
}

suite('bench and attack harness', () => {
  test('--json prints one object per suite on a line of its own, with every key of a row', async () => {
    const { code, out } = await run(table([ratioRow('rate', 5, 'ops/s', 'peer', 1.2, 1.1)]), ['--json'])
    assert.equal(code, 0)
    assert.deepEqual(out.trimEnd().split('\n').map(line => JSON.parse(line) as unknown), [
      { suite: 'first', rows: [{ name: 'rate', value: 5, unit: 'ops/s', peer: 'peer', ratio: 1.2, goal: 'ratio >= 1.1', pass: true }] },
      { suite: 'second', rows: [{ name: 'figure', value: 1, unit: 'ms', peer: null, ratio: null, goal: null, pass: true }] }
    ])
  })

  const verdicts: Array<[string, Row, number]> = [
    ['a ratio at its goal passes', ratioRow('r', 1, 'ops/s', 'p', 2, 2), 0], ['a ratio below its goal fails', ratioRow('r', 1, 'ops/s', 'p', 1.99, 2), 1],
    ['a value at its limit passes', limitRow('v', 16, 'MiB', 16), 0], ['a value above its limit fails', limitRow('v', 16.1, 'MiB', 16), 1],
    ['a value at its floor passes', floorRow('v', 250, '1/s', 250), 0], ['a value below its floor fails', floorRow('v', 249, '1/s', 250), 1],
    ['a ratio that is not a number fails', ratioRow('r', 1, 'ops/s', 'p', NaN, 2), 1]
  ]
  for (const [name, row, code] of verdicts) {
    test(name, async () => { assert.equal((await run(table([row]), ['first'])).code, code) })
  }

  for (const args of [['third'], ['--unknown'], ['toString']]) {
    test(`${args.join(' ')}: USAGE, exit 2, nothing on standard output`, async () => {
      const { code, out, err } = await run(table([]), [...args, '--json'])
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.equal((JSON.parse(err) as { code: string }).code, 'USAGE')
    })
  }

  test('the table marks what missed its goal', () => {
    const text = printReport({ suite: 's', rows: [ratioRow('slow', 1234.5, 'ops/s', 'peer', 0.5, 1), plainRow('plain', 1.5, 'ms')] })
    assert.match(text, /slow +1,235 +ops\/s +peer +0\.50x +ratio >= 1 +MISSED/)
    assert.match(text, /plain +1\.5 +ms\n/)
  })

  test('medians and geometric means', () => {
    assert.equal(median([9, 1, 5]), 5)
    assert.ok(Math.abs(geometricMean([2, 8]) - 4) < 1e-9)
  })

  test('the commands themselves exit with 2 on an unknown suite', () => {
    for (const command of ['bench', 'attack']) {
      const main = fileURLToPath(new URL(`../../scripts/${command}/main.ts`, import.meta.url))
      const { status, stderr } = spawnSync(process.execPath, [main, 'nothing'], { encoding: 'utf8', timeout: 20_000 })
      assert.equal(status, 2)
      assert.match(stderr, /USAGE/)
    }
  })
})
