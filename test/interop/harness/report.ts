import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { BUILD, REPORT } from './paths.ts'

/** One field of the matrix: what came of one scenario with one peer in one direction. */
export interface Cell {
  readonly peer: string
  readonly scenario: string
  readonly direction: string
  readonly status: 'pass' | 'fail' | 'skip'
  /** Why it is not green; empty when it is. */
  readonly reason: string
}

/** What a run of the interop tests found, in `interop-report.json`. */
export interface Report {
  /** Day of the run, ISO. */
  readonly date: string
  /** Peers that ran, with the versions of their libraries. */
  readonly peers: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly cells: readonly Cell[]
}

interface Part extends Report { readonly run: number }

const PARTS = join(BUILD, 'report')
/** Test files of one run are children of the same runner; alone, a file is a run of its own. */
const RUN = process.env['NODE_TEST_CONTEXT'] === undefined ? process.pid : process.ppid

/** Collects the cells of one test file; written, and merged with those of the other files of the run, when the process ends. */
export interface Recorder {
  cell (cell: Cell): void
  peer (name: string, versions: Readonly<Record<string, string>>): void
}

const cells: Cell[] = []
const peers: Record<string, Readonly<Record<string, string>>> = {}
let begun = false

/** The recorder of this process. */
export const recorder: Recorder = {
  cell (cell) {
    begin()
    cells.push(cell)
  },
  peer (name, versions) {
    begin()
    peers[name] = versions
  }
}

function begin (): void {
  if (begun) return
  begun = true
  process.once('exit', () => {
    mkdirSync(PARTS, { recursive: true })
    const part: Part = { run: RUN, date: new Date().toISOString(), peers, cells }
    replace(join(PARTS, `${basename(process.argv[1] ?? 'unnamed')}.json`), part)
    merge()
  })
}

/**
 * Puts the parts of this run together. Several processes may do so at once: each writes its part first, and goes round again
 * when the parts changed while it wrote, so the last one to write has seen them all.
 */
function merge (): void {
  let seen = readParts()
  for (;;) {
    replace(REPORT, {
      date: seen.map(({ date }) => date).toSorted().at(-1) ?? '',
      peers: Object.assign({}, ...seen.map(part => part.peers)) as Report['peers'],
      cells: seen.flatMap(part => part.cells)
    } satisfies Report)
    const now = readParts()
    if (JSON.stringify(now) === JSON.stringify(seen)) return
    seen = now
  }
}

/** Parts of other runs are left out: nothing is green that this run has not seen. */
function readParts (): Part[] {
  return readdirSync(PARTS).filter(name => name.endsWith('.json')).toSorted()
    .map(name => JSON.parse(readFileSync(join(PARTS, name), 'utf8')) as Part)
    .filter(({ run }) => run === RUN)
}

/** Readers see the old file or the new one, never half of it. */
function replace (path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.tmp`
  writeFileSync(draft, `${JSON.stringify(value, null, 1)}\n`)
  renameSync(draft, path)
}
