import type { Readable, Writable } from 'node:stream'
import { CommanderError } from 'commander'
import { TosError, toTosError } from '../errors/index.ts'
import type { Cli } from './cli.ts'
import { createOutput } from './output.ts'
import { ownWords, targetFlags } from './own-words.ts'
import { exitCodeOf, printError } from './print-error.ts'
import { createProgram } from './program.ts'

type Terminal = Writable & { readonly isTTY?: boolean }

/** Where a command line runs: a process (`main.ts`), or whoever else gives it streams. */
export interface Host extends Pick<Cli, 'stdin' | 'env' | 'self' | 'signal' | 'takeSignals' | 'exit'> {
  readonly stdin: Readable
  readonly stdout: Terminal
  readonly stderr: Terminal
}

/** Runs one command line. A failure is printed on `stderr` and goes to `exit` as its code; an aborted one says nothing. Never rejects. */
export async function runLine (argv: readonly string[], host: Host): Promise<void> {
  const { stdout, stderr, self, signal } = host
  const json = argv.includes('--json')
  const target = targetFlags(argv)
  const cli: Cli = { ...host, out: createOutput(stdout, stderr, json), target, words: hint => ownWords(hint, self, target) }
  try {
    await createProgram(cli).parseAsync(asCommand(argv), { from: 'user' })
  } catch (error) {
    if (signal.aborted) return
    const failure = asFailure(error)
    if (failure === undefined) return
    stderr.write(printError(failure, { json, colour: stderr.isTTY === true && host.env['NO_COLOR'] === undefined, words: cli.words }))
    host.exit(exitCodeOf(failure))
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
