import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TosError } from '../../errors/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { linkPackage } from '../link-package.ts'
import { quote } from '../own-words.ts'
import { protocolSource, protocolTest } from '../protocol-template.ts'

/** `tosd protocol new`: a protocol in one file, and a test that passes. */
export const protocolCommand: CommandModule = (parent, cli) => {
  const protocol = parent.command('protocol').description('write a protocol of your own')
  protocol.command('new').argument('<name>', 'lower-case name, e.g. hello').description('write NAME.ts and NAME.test.ts')
    .option('--dir <path>', 'where to', '.').option('--org <name>', 'first part of the protocol id', 'acme')
    .action(async (name: string, flags: Flags) => await create(cli, name, flags))
}

async function create (cli: Cli, name: string, flags: Flags): Promise<void> {
  const org = String(flags['org'])
  for (const word of [name, org]) if (!/^[a-z][a-z0-9-]{0,31}$/.test(word)) throw new TosError('USAGE', `${word} is not a name: use a-z, 0-9 and -, starting with a letter`)
  const dir = resolve(String(flags['dir']))
  const files = { source: join(dir, `${name}.ts`), test: join(dir, `${name}.test.ts`) }
  const taken = Object.values(files).find(file => existsSync(file))
  if (taken !== undefined) throw new TosError('USAGE', `${taken} exists`, { hint: 'choose another name; nothing is overwritten' })
  const variable = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  let linked: string | undefined
  try {
    mkdirSync(dir, { recursive: true })
    writeFileSync(files.source, protocolSource({ name, org, variable }), { flag: 'wx' })
    writeFileSync(files.test, protocolTest({ name, org, variable }), { flag: 'wx' })
    linked = linkPackage(dir)
  } catch (error) {
    throw new TosError('FILE_UNREADABLE', `cannot write to ${dir}`, { cause: error })
  }
  await cli.out.data({ id: `/${org}/${name}/1.0.0`, files: Object.values(files), linked: linked ?? null }, () => [
    `wrote ${files.source}`, `      ${files.test}`, ...(linked === undefined ? [] : [`linked tos-p2p into ${linked}; npm install tos-p2p replaces it`]), '', 'next:', `  ${quote(process.execPath)} --test ${quote(files.test)}`, `  ${cli.self} start --network devnet --protocol ${quote(files.source)}`,
    `  ${cli.self} request ${variable} <peer> '{"name":"alice"}' --network devnet`
  ].join('\n'))
}
