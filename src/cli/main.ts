import { basename, relative } from 'node:path'
import { EXIT } from '../errors/index.ts'
import { runLine } from './run-line.ts'

/** Ctrl-C reaches us from the terminal and again from the launcher that forwards it: within this time it is one signal. */
const ECHO_MS = 300

/** Runs this process's command line and sets its exit code; the process ends by itself when the command has let go of everything. */
export async function main (argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  let onSignal: ((name: 'SIGINT' | 'SIGTERM') => void) | undefined
  const stopping = new AbortController()
  let last = -Infinity
  for (const [name, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.on(name, () => {
      const now = performance.now()
      if (now - last < ECHO_MS) return
      last = now
      if (onSignal !== undefined) return onSignal(name)
      // a client's work is cancelled once; whoever signals again means now
      if (stopping.signal.aborted) process.exit(128 + number)
      stopping.abort()
      process.exitCode = 128 + number
    })
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    // the reader has seen enough: no failure; a daemon goes on without it
    if (onSignal === undefined) process.exit(EXIT.ok)
  })
  await runLine(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    self: selfName(process.argv[1] ?? 'tosd'),
    signal: stopping.signal,
    takeSignals (listener) { onSignal = listener },
    exit (code) { if (!stopping.signal.aborted) process.exitCode = code }
  })
}

// what to print in hints so that the reader can copy it
function selfName (script: string): string {
  const path = relative(process.cwd(), script)
  return basename(script) === 'tosd.mjs' ? `node ${path.startsWith('..') ? script : path}` : 'tosd'
}

await main()
