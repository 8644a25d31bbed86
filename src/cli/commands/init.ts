import { existsSync, writeFileSync } from 'node:fs'
import type { OptionKey } from '../../config/index.ts'
import { TosError } from '../../errors/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { loadFor } from '../cli.ts'
import { addConfigFlags } from '../config-flags.ts'
import { facts } from '../output.ts'
import { ownCommand } from '../own-words.ts'

/** `tosd init`: a data directory with a commented tosd.toml and an identity. */
export const initCommand: CommandModule = (parent, cli) => {
  addConfigFlags(parent.command('init'), 'all').description('set up a data directory: commented tosd.toml, identity key')
    .action(async (flags: Flags) => await init(cli, flags))
}

async function init (cli: Cli, flags: Flags): Promise<void> {
  const { CONFIG_FILE, configValue, OPTION_KEYS, renderToml } = await import('../../config/index.ts')
  const { config, origins } = await loadFor(cli, flags)
  const { openDataDir } = await import('../../node/data-dir.ts')
  const { identityNames, loadOrCreateIdentity } = await import('../../node/identity.ts')
  const { configuredPassphrase } = await import('../../node/passphrase.ts')
  const directory = openDataDir(config.dataDir, { network: config.network })
  try {
    const file = directory.file(CONFIG_FILE)
    if (existsSync(file)) throw new TosError('CONFIG_INVALID', `${file} exists`, { hint: 'edit it, or move it away first' })
    const names = identityNames((await loadOrCreateIdentity(directory.keyFile, () => configuredPassphrase(config))).publicKey.raw)
    // what was chosen now is written down; else the directory follows from the place of the file
    const chosen = OPTION_KEYS.filter(key => key === 'network' || origins[key].startsWith('flag '))
    const valuesOf = (keys: readonly OptionKey[]): Map<OptionKey, unknown> => new Map(keys.map(key => [key, configValue(config, key)]))
    writeFileSync(file, renderToml(config.network, valuesOf(chosen), valuesOf(['dataDir', 'adminSocket'])), { mode: 0o600, flag: 'wx' })
    const next = (command: string): string => ownCommand(` ${command}`, cli.self, cli.target)
    const result = { network: config.network, dataDir: config.dataDir, file, ...names }
    await cli.out.data(result, () => [
      `ready for ${config.network}`,
      facts([['data', config.dataDir], ['settings', file], ['peer id', names.peerId], ['node id', names.nodeId]]),
      '', 'next:', facts([[next('start'), 'run the node'], [next('key export'), 'copy the identity to a safe place']])
    ].join('\n'))
  } finally {
    directory.close()
  }
}
