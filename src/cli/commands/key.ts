import { existsSync } from 'node:fs'
import { text as readText } from 'node:stream/consumers'
import { Option } from 'commander'
import type { SecretForm } from '../../node/identity.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { hexArgument } from '../hex-argument.ts'
import { keyFileCommand, keyPath, printKey, sealing, unlocking } from '../key-file.ts'
import { addRotationCommands } from './key-rotation.ts'
import { addSealCommands } from './key-seal.ts'

/** `tosd key …`: the node's Ed25519 identity. Only `export` ever prints the secret. */
export const keyCommand: CommandModule = (parent, cli) => {
  const key = parent.command('key').description('the identity of a node: an Ed25519 key file, mode 0600')
  const encrypt = (): Option => new Option('--encrypt', 'encrypt it; asks for a passphrase when none is configured')
  keyFileCommand(key, 'gen', 'make a new key; never overwrites', async flags => {
    const { createIdentity, identityNames } = await import('../../node/identity.ts')
    const path = await keyPath(cli, flags)
    const passphrase = await sealing(cli, flags, flags['encrypt'] === true)
    const identity = await createIdentity(path, passphrase)
    await printKey(cli, path, passphrase !== undefined, identityNames(identity.publicKey.raw))
  }).addOption(encrypt())
  keyFileCommand(key, 'show', 'print peer id and node id, and whether the file is encrypted', async flags => await show(cli, flags))
  keyFileCommand(key, 'export', 'print the SECRET: in hex, or as 24 words to write down', async flags => await exportSecret(cli, flags))
    .addOption(new Option('--form <form>', 'what to print').choices(['seed', 'protobuf', 'words']).default('seed'))
    .addOption(new Option('--words', 'short for --form words').implies({ form: 'words' }))
  keyFileCommand(key, 'import', 'read a secret from standard input: hex (32-byte seed or protobuf form) or 24 words; never overwrites', async flags => {
    const { identityFromText, identityNames, saveIdentity } = await import('../../node/identity.ts')
    const path = await keyPath(cli, flags)
    // asked first: on a terminal the secret ends with the end of the input
    const passphrase = await sealing(cli, flags, flags['encrypt'] === true)
    // the question leaves it paused
    cli.stdin.resume()
    // not as an argument: those show in the process list and in the shell's history
    const identity = await identityFromText(hexArgument((await readText(cli.stdin)).trim()))
    await saveIdentity(path, identity, passphrase)
    await printKey(cli, path, passphrase !== undefined, identityNames(identity.publicKey.raw))
  }).addOption(encrypt())
  addSealCommands(key, cli)
  addRotationCommands(key, cli)
}

async function show (cli: Cli, flags: Flags): Promise<void> {
  const { identityNames, inspectKeyFile } = await import('../../node/identity.ts')
  const { nextKeyFile } = await import('../../node/rotate-identity.ts')
  const path = await keyPath(cli, flags)
  const { encrypted, publicKey } = await inspectKeyFile(path)
  const interrupted = existsSync(nextKeyFile(path))
  if (interrupted) cli.out.talk('a rotation of this key was interrupted: `key rotate` finishes it')
  await printKey(cli, path, encrypted, identityNames(publicKey), interrupted ? { rotationInterrupted: true } : {})
}

async function exportSecret (cli: Cli, flags: Flags): Promise<void> {
  const { identityToText, loadIdentity } = await import('../../node/identity.ts')
  const form = flags['form'] as SecretForm
  const secret = identityToText(await loadIdentity(await keyPath(cli, flags), unlocking(cli, flags)), form)
  cli.out.talk('this is the secret: whoever has it is this node')
  await cli.out.data({ form, secret }, () => secret)
}
