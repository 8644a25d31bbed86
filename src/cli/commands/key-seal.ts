import type { Command } from 'commander'
import { TosError } from '../../errors/index.ts'
import { askNewPassphrase } from '../ask-passphrase.ts'
import type { Cli, Flags } from '../cli.ts'
import { keyFileCommand, keyPath, printKey, sealing, terminalOf, unlocking } from '../key-file.ts'

/** `tosd key encrypt|decrypt|passwd`: the same key, kept in another way. */
export function addSealCommands (key: Command, cli: Cli): void {
  keyFileCommand(key, 'encrypt', 'encrypt a plain key file with a passphrase', async flags => await reseal(cli, flags, false, async () => await sealing(cli, flags, true)))
  keyFileCommand(key, 'decrypt', 'write an encrypted key file as a plain one', async flags => await reseal(cli, flags, true, async () => undefined))
  keyFileCommand(key, 'passwd', 'change the passphrase of an encrypted key file', async flags => await reseal(cli, flags, true, async () => await changed(cli, flags)))
    .option('--new-passphrase-file <path>', 'file with the new passphrase, mode 0600; else it is asked for')
}

async function reseal (cli: Cli, flags: Flags, wasEncrypted: boolean, next: () => Promise<string | undefined>): Promise<void> {
  const { identityNames, inspectKeyFile, loadIdentity, rewriteIdentity } = await import('../../node/identity.ts')
  const { withKeyLock } = await import('../../node/key-lock.ts')
  const path = await keyPath(cli, flags)
  // a rotation at the same time must not be undone
  await withKeyLock(path, async () => {
    const { encrypted } = await inspectKeyFile(path)
    if (encrypted !== wasEncrypted) throw new TosError('USAGE', `${path} is ${encrypted ? 'encrypted already' : 'not encrypted'}`, { hint: encrypted ? 'use `tosd key passwd` to change its passphrase' : 'use `tosd key encrypt`' })
    const identity = await loadIdentity(path, unlocking(cli, flags))
    const passphrase = await next()
    await rewriteIdentity(path, identity, passphrase)
    await printKey(cli, path, passphrase !== undefined, identityNames(identity.publicKey.raw))
  })
}

async function changed (cli: Cli, flags: Flags): Promise<string> {
  const file = flags['newPassphraseFile']
  if (typeof file === 'string') {
    const { readPassphraseFile } = await import('../../node/passphrase.ts')
    return readPassphraseFile(file)
  }
  const typed = await askNewPassphrase(terminalOf(cli))
  if (typed === undefined) throw new TosError('USAGE', 'there is no terminal to ask for the new passphrase on', { hint: 'give --new-passphrase-file' })
  return typed
}
