import { Command } from 'commander'
import { VERSION } from '../config/index.ts'
import type { Cli } from './cli.ts'
import { frameCommand } from './commands/frame.ts'

const COMMANDS = [frameCommand]

/** The whole command tree. Actions import what they need, so that help and completion stay fast. */
export function createProgram (cli: Cli): Command {
  const program = new Command('tosd')
    .description('A node of the TOS network on libp2p')
    .version(VERSION)
    .option('--json', 'one JSON object a line on standard output')
  for (const register of COMMANDS) register(program, cli)
  prepare(program)
  return program
}

// every command takes --json and throws instead of exiting; settings are not inherited by commands made before them
function prepare (command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} }).showSuggestionAfterError().allowExcessArguments(false)
  if (command.parent !== null && command.commands.length === 0) command.option('--json', 'one JSON object a line on standard output')
  for (const child of command.commands) prepare(child)
}
