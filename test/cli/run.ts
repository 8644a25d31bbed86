import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runLine } from '../../src/cli/run-line.ts'

const TOSD = fileURLToPath(new URL('../../scripts/tosd.mjs', import.meta.url))

/** What a finished `tosd` left. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What `tosd` is given besides its words. */
export interface Given {
  readonly home?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** As much as a pipe brings at a time. */
const CHUNK = 65_536

/** An environment of its own, so that the developer's settings do not reach the tests. */
function environment ({ home = join(tmpdir(), 'tosd-nobody'), env = {} }: Given): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1', ...env }
}

/** Starts `tosd` as a process. */
export function spawnTosd (args: readonly string[], given: Given = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [TOSD, ...args], { env: environment(given) })
}

/** Runs `tosd` as a process to its end: for what is promised of the process, a thousand times dearer than `tosd`. */
export function tosdProcess (args: readonly string[], given: Given = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawnTosd(args, given)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => { stdout += String(chunk) })
    child.stderr.on('data', chunk => { stderr += String(chunk) })
    child.stdin.on('error', reject)
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
    child.stdin.end(given.input ?? '')
  })
}

/** Runs the command line of `tosd` in this process: all that `main.ts` does but for signals. What it left open keeps the test file from ending. */
export async function tosd (args: readonly string[], given: Given = {}): Promise<Ran> {
  const said = { stdout: '', stderr: '' }
  const into = (name: keyof typeof said): Writable => new Writable({
    decodeStrings: false,
    write (chunk, _encoding, done) {
      said[name] += String(chunk)
      done()
    }
  })
  const input = Buffer.from(given.input ?? '')
  const chunks = Array.from({ length: Math.ceil(input.length / CHUNK) }, (_, i) => input.subarray(i * CHUNK, (i + 1) * CHUNK))
  let code = 0
  await runLine(args, {
    stdin: Readable.from(chunks, { objectMode: false }), stdout: into('stdout'), stderr: into('stderr'),
    env: environment(given), self: 'node scripts/tosd.mjs', signal: new AbortController().signal,
    takeSignals () { throw new Error(`${args.join(' ')} waits for signals: it needs a process`) },
    exit (given) { code = given }
  })
  return { code, ...said }
}

/** The objects of an NDJSON text. */
export function lines (text: string): Array<Record<string, unknown>> {
  return text.trim() === '' ? [] : text.trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
}

/** A directory for one test file, and the function that removes it. */
export function scratch (name: string): { readonly dir: string, readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), `tos-${name}-`))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}
