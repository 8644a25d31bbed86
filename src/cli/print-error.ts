import { styleText } from 'node:util'
import { describeProblem } from '../config/index.ts'
import type { Problem } from '../config/index.ts'
import { ERROR_CODES, EXIT } from '../errors/index.ts'
import type { TosError } from '../errors/index.ts'
import { printable, toJsonText } from './output.ts'

/** Column of the code in the first line. */
const CODE_COLUMN = 58

/** Exit code of a command that ends with `error`. */
export function exitCodeOf ({ code }: TosError): number {
  // a caught table entry is typed by its own literal, which may lack `exit`
  const entry: { readonly exit?: number } = ERROR_CODES[code]
  return entry.exit ?? EXIT.failed
}

/** How an error is printed. */
export interface PrintErrorOptions {
  readonly json: boolean
  readonly colour?: boolean
  /** Puts a hint in the words of this call (`Cli.words`). */
  readonly words?: (hint: string) => string
}

/** An error as a program reads it (one JSON object) or as a person does (first line, facts, cause, hint). Ends with a newline. */
export function printError (error: TosError, { json, colour = false, words = hint => hint }: PrintErrorOptions): string {
  const plain = error.toJSON()
  const report = { ...plain, hint: words(plain.hint) }
  if (json) return `${toJsonText(report)}\n`
  const paint = (style: 'red' | 'dim', text: string): string => colour ? styleText(style, text, { validateStream: false }) : text
  const { problems, ...details } = report.details ?? {}
  const head = oneLine(report.message)
  const lines = [`${paint('red', 'error:')} ${head}${' '.repeat(Math.max(2, CODE_COLUMN - 7 - head.length))}${paint('dim', `[${report.code}]`)}`]
  if (Array.isArray(problems) && problems.length > 1) lines.push(...(problems as Problem[]).map(problem => `  ${describeProblem(problem)}`))
  const rows = [...Object.entries(details), ['cause', report.cause], ['hint', report.hint]] as Array<[string, unknown]>
  const width = Math.max(...rows.map(([name]) => name.length))
  for (const [name, value] of rows) {
    if (value !== undefined) lines.push(`  ${paint('dim', name.padEnd(width))}  ${oneLine(typeof value === 'string' ? value : JSON.stringify(value))}`)
  }
  return `${lines.join('\n')}\n`
}

function oneLine (text: string): string {
  return printable(text.replace(/\s*\n\s*/g, ' '))
}
