import { readFileSync, writeFileSync } from 'node:fs'
import { MATRIX, REPORT } from './harness/paths.ts'
import { renderMatrix } from './harness/render-matrix.ts'
import type { Report } from './harness/report.ts'

// MATRIX.md out of the last run's report, or of the reports named: the tests' and that of hole punching, which runs by itself
const reports = (process.argv.length > 2 ? process.argv.slice(2) : [REPORT]).map(path => JSON.parse(readFileSync(path, 'utf8')) as Report)
const report: Report = {
  date: reports.map(({ date }) => date).toSorted().at(-1) as string,
  peers: Object.assign({}, ...reports.map(({ peers }) => peers)) as Report['peers'],
  cells: reports.flatMap(({ cells }) => cells)
}
writeFileSync(MATRIX, renderMatrix(report))
console.log(`${report.cells.length} cells of ${report.date}`)
