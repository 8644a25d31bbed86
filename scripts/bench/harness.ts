import { parseArgs } from 'node:util'
import { ERROR_CODES, EXIT, TosError, toTosError } from '../../src/errors/index.ts'
import { printReport } from './print.ts'

/** One measured figure. `ratio` is ours against `peer`; a row without a goal always passes. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What it was measured against, in the same run. */
  readonly peer: string | null
  /** Above 1: ours is better. */
  readonly ratio: number | null
  /** Readable form, e.g. `ratio >= 1.1`. */
  readonly goal: string | null
  readonly pass: boolean
}

/** What a suite may ask of the run it is in. */
export interface RunContext {
  /** More rounds and longer batches (`--long`). */
  readonly long: boolean
  /** Progress on standard error; standard output carries results only. */
  readonly log: (text: string) => void
}

/** A named set of measurements. It ends within 50 s unless the run is long, and leaves no file, socket or process behind. */
export interface Suite {
  readonly name: string
  readonly describe: string
  run (context: RunContext): Promise<Row[]>
}

/** What `--json` prints, one line per suite. */
export interface Report { readonly suite: string, readonly rows: readonly Row[] }

/** Suites by name, loaded when asked for, so that one suite does not warm up or slow down another. */
export type SuiteTable = Readonly<Record<string, () => Promise<Suite>>>

/** Where results and talk go; tests pass their own. */
export interface Output { readonly out: (text: string) => void, readonly err: (text: string) => void }

const standard: Output = { out: text => { process.stdout.write(text) }, err: text => { process.stderr.write(text) } }

/** A figure without a goal. */
export function plainRow (name: string, value: number, unit: string, against: { peer: string, ratio: number } | null = null): Row {
  return { name, value, unit, peer: against?.peer ?? null, ratio: against?.ratio ?? null, goal: null, pass: true }
}

/** A figure whose ratio to `peer` must reach `least`. */
export function ratioRow (name: string, value: number, unit: string, peer: string, ratio: number, least: number): Row {
  return { name, value, unit, peer, ratio, goal: `ratio >= ${least}`, pass: ratio >= least }
}

/** A figure that must not exceed `most`, in its own unit. */
export function limitRow (name: string, value: number, unit: string, most: number): Row {
  return { name, value, unit, peer: null, ratio: null, goal: `value <= ${most}`, pass: value <= most }
}

/** A figure that must reach `least`, in its own unit. */
export function floorRow (name: string, value: number, unit: string, least: number): Row {
  return { name, value, unit, peer: null, ratio: null, goal: `value >= ${least}`, pass: value >= least }
}

/** Runs the suites the arguments name (none: all), prints them, and returns the exit code. */
export async function runSuites (command: string, table: SuiteTable, args: readonly string[], { out, err }: Output = standard): Promise<number> {
  const json = args.includes('--json')
  try {
    const { long, names } = parse(command, table, args)
    let failed = false
    for (const name of names) {
      const report = await runSuite(name, table, long)
      out(json ? `${JSON.stringify(report)}\n` : printReport(report))
      failed ||= report.rows.some(row => !row.pass)
    }
    return failed ? EXIT.failed : EXIT.ok
  } catch (cause) {
    const error = toTosError(cause)
    err(json ? `${JSON.stringify(error)}\n` : `error: ${error.message}  [${error.code}]\n  hint   ${error.hint}\n`)
    return ERROR_CODES[error.code].exit ?? EXIT.failed
  }
}

function parse (command: string, table: SuiteTable, args: readonly string[]): { long: boolean, names: string[] } {
  const known = Object.keys(table)
  const hint = `npm run ${command} -- [${known.join('|')}] [--json] [--long]`
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' }, long: { type: 'boolean' } } })
    const unknown = positionals.find(name => !Object.hasOwn(table, name))
    if (unknown !== undefined) throw new TosError('USAGE', `no suite named ${unknown}; known: ${known.join(', ')}`, { hint, details: { known } })
    return { long: values.long === true, names: positionals.length === 0 ? known : positionals }
  } catch (cause) {
    if (cause instanceof TosError) throw cause
    throw new TosError('USAGE', cause instanceof Error ? cause.message : String(cause), { hint, cause })
  }
}

async function runSuite (name: string, table: SuiteTable, long: boolean): Promise<Report> {
  const suite = await (table[name] as () => Promise<Suite>)()
  const progress = process.stderr.isTTY ? (text: string) => { process.stderr.write(`\r\u001b[K${name}: ${text}`) } : () => {}
  const rows = await suite.run({ long, log: progress })
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  return { suite: name, rows }
}
