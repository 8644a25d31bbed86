import type { Cli, CommandModule, Flags } from '../cli.ts'
import { loadFor } from '../cli.ts'
import { addConfigFlags } from '../config-flags.ts'
import { table } from '../output.ts'

/** `tosd config show|validate|schema`: what is set, whether it fits together, what there is. */
export const configCommand: CommandModule = (parent, cli) => {
  const config = parent.command('config').description('see, check and explain the configuration')
  addConfigFlags(config.command('show'), 'all').description('print every value; with --origin also where it came from')
    .option('--origin', 'name the flag, variable or file each value came from')
    .option('--running', 'ask the running node instead')
    .action(async (flags: Flags) => await show(cli, flags))
  addConfigFlags(config.command('validate'), 'all').description('list every problem with its origin; exit 78 when there is one')
    .action(async (flags: Flags) => {
      const { config: { network, dataDir }, file } = await loadFor(cli, flags)
      await cli.out.data({ valid: true, network, dataDir, file: file ?? null }, () => `valid: ${network}, ${dataDir}${file === undefined ? ', no file' : `, ${file}`}`)
    })
  config.command('schema').description('print every option: type, default, environment name, flag, documentation')
    .option('--network <name>', 'network whose defaults to print', 'mainnet')
    .action(async (flags: Flags) => await schema(cli, String(flags['network'])))
}

async function show (cli: Cli, flags: Flags): Promise<void> {
  const { OPTION_KEYS, shownValue } = await import('../../config/index.ts')
  const loaded = await loadFor(cli, flags)
  let rows = OPTION_KEYS.map(key => ({ key: key as string, value: shownValue(loaded.config, key), origin: loaded.origins[key] }))
  if (flags['running'] === true) {
    const { createAdminClient } = await import('../../monitor/index.ts')
    const { options } = await createAdminClient(loaded.config.adminSocket).config()
    rows = Object.entries(options).map(([key, { value, origin }]) => ({ key, value, origin }))
  }
  const withOrigin = flags['origin'] === true
  const object = Object.fromEntries(rows.map(({ key, value, origin }) => [key, withOrigin ? { value, origin } : value]))
  await cli.out.data(object, () => table([], rows.map(({ key, value, origin }) => [key, JSON.stringify(value), withOrigin ? `# ${origin}` : ''])))
}

async function schema (cli: Cli, network: string): Promise<void> {
  const { describeOptions } = await import('../../config/index.ts')
  for (const option of describeOptions(network)) {
    const { key, type, unit, default: value, env, flag, doc } = option
    await cli.out.data(option, () => `${key}\n  ${doc}\n  ${type}${unit === undefined ? '' : ` (${unit})`}, default ${JSON.stringify(value)}\n  ${flag === undefined ? '' : `${flag}  `}${env}\n`)
  }
}
