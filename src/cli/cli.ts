import type { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { LoadedConfig } from '../config/index.ts'
import type { AdminApi } from '../monitor/index.ts'
import { addConfigFlags, pickFlags } from './config-flags.ts'
import type { Output } from './output.ts'

/** What every command gets. */
export interface Cli {
  readonly out: Output
  readonly stdin: Readable
  readonly env: Readonly<Record<string, string | undefined>>
  /** How the user called us, e.g. `tosd` or `node scripts/tosd.mjs`; for hints. */
  readonly self: string
  /** The flags given that say which node is meant, each with a blank before it; for hints. */
  readonly target: string
  /** A hint that says `tosd …` in backticks, in the words of this call. */
  words (hint: string): string
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** Keeps SIGINT, SIGTERM and a closed standard output from ending the process: the command sees to them. */
  takeSignals (onSignal: (name: 'SIGINT' | 'SIGTERM') => void): void
  /** Sets the exit code of a command that ends without an error. */
  exit (code: number): void
}

/** Adds a command to the tree. */
export type CommandModule = (parent: Command, cli: Cli) => void

/** Options as commander hands them to an action. */
export type Flags = Readonly<Record<string, unknown>>

/** The configuration for the flags given. */
export async function loadFor (cli: Cli, flags: Flags): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/index.ts')
  const file = flags['config']
  return await loadConfig({ flags: pickFlags(flags), env: cli.env, ...(typeof file === 'string' ? { file } : {}) })
}

/** A client of the daemon that the flags name. */
export async function clientFor (cli: Cli, flags: Flags): Promise<AdminApi> {
  const { config } = await loadFor(cli, flags)
  const { createAdminClient } = await import('../monitor/index.ts')
  return createAdminClient(config.adminSocket)
}

/** A command that asks the daemon: target flags added, the client handed to the action. */
export function daemonCommand (parent: Command, cli: Cli, usage: string, summary: string, run: (api: AdminApi, args: readonly (string | undefined)[], flags: Flags) => Promise<void>): Command {
  const command = addConfigFlags(parent.command(usage).description(summary))
  return command.action(async () => {
    const flags = command.opts()
    await run(await clientFor(cli, flags), command.args, flags)
  })
}
