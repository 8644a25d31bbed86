import { basename, relative } from 'node:path'
import { CommanderError } from 'commander'
import { EXIT, TosError, toTosError } from '../errors/index.ts'
import type { Cli } from './cli.ts'
import { createOutput } from './output.ts'
import { ownWords, targetFlags } from './own-words.ts'
import { exitCodeOf, printError } from './print-error.ts'
import { createProgram } from './program.ts'

/** Ctrl-C reaches us from the terminal and again from the launcher that forwards it: within this time it is one signal. */
const ECHO_MS = 300

/** Runs one command line and sets the exit code; the process ends by itself when the command has let go of everything. */
export async function main (argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const json = argv.includes('--json')
  const [self, target] = [selfName(process.argv[1] ?? 'tosd'), targetFlags(argv)]
  let onSignal: ((name: 'SIGINT' | 'SIGTERM') => void) | undefined
  const stopping = new AbortController()
  const cli: Cli = {
    out: createOutput(process.stdout, process.stderr, json),
    stdin: process.stdin,
    env: process.env,
    self,
    target,
    words: hint => ownWords(hint, self, target),
    signal: stopping.signal,
    takeSignals (listener) { onSignal = listener },
    exit (code) { if (!stopping.signal.aborted) process.exitCode = code }
  }
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
  try {
    await createProgram(cli).parseAsync(asCommand(argv), { from: 'user' })
  } catch (error) {
    if (stopping.signal.aborted) return
    const failure = asFailure(error)
    if (failure === undefined) return
    process.stderr.write(printError(failure, { json, colour: process.stderr.isTTY && process.env['NO_COLOR'] === undefined, words: cli.words }))
    process.exitCode = exitCodeOf(failure)
  }
}

// upstream's test matrix starts a binary with one flag
function asCommand (argv: readonly string[]): string[] {
  return argv[0] === '--unified' ? ['unified', ...argv.slice(1)] : [...argv]
}

function asFailure (error: unknown): TosError | undefined {
  if (!(error instanceof CommanderError)) return toTosError(error)
  if (error.exitCode === 0) return undefined
  if (error.code === 'commander.help') return new TosError('USAGE', 'a command is missing')
  return new TosError('USAGE', error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '))
}

// what to print in hints so that the reader can copy it
function selfName (script: string): string {
  const path = relative(process.cwd(), script)
  return basename(script) === 'tosd.mjs' ? `node ${path.startsWith('..') ? script : path}` : 'tosd'
}

await main()
