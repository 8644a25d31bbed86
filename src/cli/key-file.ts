import { join } from 'node:path'
import type { Command } from 'commander'
import { TosError } from '../errors/index.ts'
import type { IdentityNames, PassphraseSource } from '../node/identity.ts'
import { askNewPassphrase, askPassphrase } from './ask-passphrase.ts'
import type { Terminal } from './ask-passphrase.ts'
import type { Cli, Flags } from './cli.ts'
import { loadFor } from './cli.ts'
import { addConfigFlags } from './config-flags.ts'
import { facts } from './output.ts'

/** A command below `tosd key`, with the flags that name a key file and its passphrase. */
export function keySubcommand (key: Command, usage: string, summary: string, run: (flags: Flags, argument: string) => Promise<void>): Command {
  const command = addConfigFlags(key.command(usage).description(summary), ['network', 'dataDir', 'passphraseFile'])
  return command.action(async () => await run(command.opts(), command.args[0] ?? ''))
}

/** The same for the node's own key file or another one. */
export function keyFileCommand (key: Command, usage: string, summary: string, run: (flags: Flags) => Promise<void>): Command {
  return keySubcommand(key, usage, summary, run).option('--file <path>', 'key file; default node.key in the data directory')
}

/** The key file the flags name. */
export async function keyPath (cli: Cli, flags: Flags): Promise<string> {
  const { file } = flags
  if (typeof file === 'string' && file === '') throw new TosError('USAGE', '--file is empty')
  return typeof file === 'string' ? file : join((await loadFor(cli, flags)).config.dataDir, 'node.key')
}

/** Opens an encrypted key: the passphrase that is configured, else the person at the terminal is asked, once. */
export function unlocking (cli: Cli, flags: Flags): PassphraseSource {
  let asked: Promise<string | undefined> | undefined
  return async () => await (asked ??= configured(cli, flags).then(async given => given ?? await askPassphrase('passphrase: ', terminalOf(cli))))
}

/** The passphrase to encrypt a new key with: the one that is configured; else, when encryption is `wanted`, one that is asked for. Throws `USAGE`. */
export async function sealing (cli: Cli, flags: Flags, wanted: boolean): Promise<string | undefined> {
  const given = await configured(cli, flags)
  if (given !== undefined || !wanted) return given
  const typed = await askNewPassphrase(terminalOf(cli))
  if (typed === undefined) throw new TosError('USAGE', 'there is no passphrase to encrypt with, and no terminal to ask on', { hint: 'give --passphrase-file or TOSD_KEY_PASSPHRASE' })
  return typed
}

/** Where a person is asked: never on standard output, which is data. */
export function terminalOf (cli: Cli): Terminal {
  return { input: cli.stdin, output: process.stderr, signal: cli.signal }
}

/** Prints the public side of a key; nothing secret. */
export async function printKey (cli: Cli, file: string, encrypted: boolean, names: IdentityNames, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await cli.out.data({ ...names, file, encrypted, ...more }, () => facts([['peer id', names.peerId], ['node id', names.nodeId], ['key file', file], ['encrypted', encrypted ? 'yes' : 'no']]))
}

async function configured (cli: Cli, flags: Flags): Promise<string | undefined> {
  const { configuredPassphrase } = await import('../node/passphrase.ts')
  return configuredPassphrase((await loadFor(cli, flags)).config)
}
