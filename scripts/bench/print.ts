import type { Report, Row } from './harness.ts'

const COLUMNS = ['name', 'value', 'unit', 'peer', 'ratio', 'goal', ''] as const

/** A report as a table for people. */
export function printReport ({ suite, rows }: Report): string {
  const lines = [COLUMNS.map(String), ...rows.map(cells)]
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map(line => (line[column] as string).length)))
  const table = lines.map(line => line.map((cell, column) => pad(cell, widths[column] as number, column)).join('  ').trimEnd())
  return `${suite}\n${table.map(line => `  ${line}\n`).join('')}`
}

function cells (row: Row): string[] {
  const verdict = row.goal === null ? '' : row.pass ? 'ok' : 'MISSED'
  return [row.name, figure(row.value), row.unit, row.peer ?? '', row.ratio === null ? '' : `${row.ratio.toFixed(2)}x`, row.goal ?? '', verdict]
}

function figure (value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 2 })
}

/** Numbers (value and ratio) to the right, words to the left. */
function pad (cell: string, width: number, column: number): string {
  return column === 1 || column === 4 ? cell.padStart(width) : cell.padEnd(width)
}
