import { text as readText } from 'node:stream/consumers'
import { join } from 'node:path'
import { Option } from 'commander'
import { TosError } from '../../errors/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { loadFor } from '../cli.ts'
import { addConfigFlags } from '../config-flags.ts'
import { hexArgument } from '../hex-argument.ts'
import { facts } from '../output.ts'

/** `tosd key gen|show|export|import`: the node's Ed25519 identity. Only `export` ever prints the secret. */
export const keyCommand: CommandModule = (parent, cli) => {
  const key = parent.command('key').description('the identity of a node: an Ed25519 key file, mode 0600')
  const add = (usage: string, summary: string): ReturnType<typeof key.command> =>
    addConfigFlags(key.command(usage).description(summary), ['network', 'dataDir']).option('--file <path>', 'key file; default node.key in the data directory')
  add('gen', 'make a new key; never overwrites').action(async (flags: Flags) => {
    const { createIdentity, identityNames } = await import('../../node/identity.ts')
    const path = await keyPath(cli, flags)
    await print(cli, path, identityNames(await createIdentity(path)))
  })
  add('show', 'print peer id and node id').action(async (flags: Flags) => {
    const { identityNames, loadIdentity } = await import('../../node/identity.ts')
    const path = await keyPath(cli, flags)
    await print(cli, path, identityNames(loadIdentity(path)))
  })
  add('export', 'print the SECRET in hex').addOption(new Option('--form <form>', 'what to print').choices(['seed', 'protobuf']).default('seed')).action(async (flags: Flags) => {
    const { identityToHex, loadIdentity } = await import('../../node/identity.ts')
    const form = flags['form'] === 'protobuf' ? 'protobuf' : 'seed'
    const secret = identityToHex(loadIdentity(await keyPath(cli, flags)), form)
    cli.out.talk('this is the secret: whoever has it is this node')
    await cli.out.data({ form, secret }, () => secret)
  })
  add('import', 'read a secret in hex (32-byte seed or protobuf form) from standard input; never overwrites').action(async (flags: Flags) => {
    const { identityFromHex, identityNames, saveIdentity } = await import('../../node/identity.ts')
    const path = await keyPath(cli, flags)
    // not as an argument: those show in the process list and in the shell's history
    const identity = await identityFromHex(hexArgument((await readText(cli.stdin)).trim()))
    saveIdentity(path, identity)
    await print(cli, path, identityNames(identity))
  })
}

async function keyPath (cli: Cli, flags: Flags): Promise<string> {
  const { file } = flags
  if (typeof file === 'string' && file === '') throw new TosError('USAGE', '--file is empty')
  return typeof file === 'string' ? file : join((await loadFor(cli, flags)).config.dataDir, 'node.key')
}

async function print (cli: Cli, file: string, names: { readonly peerId: string, readonly nodeId: string }): Promise<void> {
  await cli.out.data({ ...names, file }, () => facts([['peer id', names.peerId], ['node id', names.nodeId], ['key file', file]]))
}
