import { readFileSync, writeFileSync } from 'node:fs'
import { MATRIX, REPORT } from './harness/paths.ts'
import { renderMatrix } from './harness/render-matrix.ts'
import type { Report } from './harness/report.ts'

// MATRIX.md out of the last run's report
const report = JSON.parse(readFileSync(REPORT, 'utf8')) as Report
writeFileSync(MATRIX, renderMatrix(report))
console.log(`${report.cells.length} cells of ${report.date}`)
