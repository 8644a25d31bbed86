import { Command } from 'commander'
import type { Option } from 'commander'
import { VERSION } from '../config/index.ts'
import type { Cli } from './cli.ts'
import { bansCommand } from './commands/bans.ts'
import { chainCommand } from './commands/chain.ts'
import { completionCommand } from './commands/completion.ts'
import { configCommand } from './commands/config.ts'
import { devnetCommand } from './commands/devnet.ts'
import { discoverCommand } from './commands/discover.ts'
import { doctorCommand } from './commands/doctor.ts'
import { frameCommand } from './commands/frame.ts'
import { initCommand } from './commands/init.ts'
import { keyCommand } from './commands/key.ts'
import { ledgerCommands } from './commands/ledger.ts'
import { nodeCommands } from './commands/node.ts'
import { peersCommands } from './commands/peers.ts'
import { protocolCommand } from './commands/protocol.ts'
import { requestCommand } from './commands/request.ts'
import { shareCommand } from './commands/share.ts'
import { startCommand } from './commands/start.ts'
import { unifiedCommand } from './commands/unified.ts'

const COMMANDS = [initCommand, startCommand, nodeCommands, doctorCommand, discoverCommand, peersCommands, bansCommand, ledgerCommands, shareCommand, chainCommand, requestCommand, keyCommand, configCommand, frameCommand, protocolCommand, devnetCommand, unifiedCommand, completionCommand]

/** The whole command tree. Actions import what they need, so that help and completion stay fast. */
export function createProgram (cli: Cli): Command {
  const program = new Command('tosd')
    .description('A node of the TOS network on libp2p')
    .version(VERSION)
    .option('--json', 'one JSON object a line on standard output')
  for (const register of COMMANDS) register(program, cli)
  prepare(program, cli)
  return program
}

// every command takes --json and throws instead of exiting; settings are not inherited by commands made before them
function prepare (command: Command, cli: Cli): void {
  command.configureHelp({ minWidthToWrap: 24, optionDescription: describeOption })
  command.exitOverride().configureOutput({ writeOut: text => { void cli.out.write(text) }, outputError: () => {}, getOutHelpWidth: () => Math.min(100, Math.max(80, process.stdout.columns ?? 100)) }).showSuggestionAfterError().allowExcessArguments(false)
  if (command.parent !== null && command.commands.length === 0) command.option('--json', 'one JSON object a line on standard output')
  for (const child of command.commands) prepare(child, cli)
}

function describeOption ({ description, argChoices, defaultValue, defaultValueDescription }: Option): string {
  const facts = [
    ...(argChoices === undefined ? [] : [argChoices.join(' | ')]),
    ...(defaultValueDescription === undefined && (defaultValue === undefined || typeof defaultValue === 'boolean') ? [] : [`default ${defaultValueDescription ?? String(defaultValue)}`])
  ]
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`
}
