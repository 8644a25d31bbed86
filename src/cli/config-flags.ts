import { Option } from 'commander'
import type { Command } from 'commander'
import { flagName, isSecret, OPTION_KEYS, OPTIONS } from '../config/index.ts'
import type { OptionKey, Row } from '../config/index.ts'
import { showDuration } from './output.ts'

/** What a command needs to find the node it talks to. */
export const TARGET_KEYS: readonly OptionKey[] = ['network', 'dataDir', 'adminSocket']

/** Gives `command` the flags of these rows of the option table, and `--config`. */
export function addConfigFlags (command: Command, which: readonly OptionKey[] | 'all' = TARGET_KEYS): Command {
  const keys = which === 'all' ? OPTION_KEYS.filter(key => !isSecret(key)) : which
  command.addOption(new Option('--config <file>', 'TOML file to read instead of tosd.toml in the data directory'))
  for (const key of keys) for (const option of optionsOf(key)) command.addOption(option.helpGroup(groupOf(key)))
  return command
}

/** The flags that were given, by option key. */
export function pickFlags (options: Readonly<Record<string, unknown>>): Partial<Record<OptionKey, unknown>> {
  return Object.fromEntries(OPTION_KEYS.flatMap(key => {
    const value = options[attributeOf(key)]
    return value === undefined ? [] : [[key, value]]
  }))
}

function optionsOf (key: OptionKey): Option[] {
  const row = OPTIONS[key] as Row<unknown>
  const flag = flagName(key)
  if (row.off !== undefined) return [new Option(flag, row.doc), new Option(flag.replace('--', '--no-'), row.off)]
  const value = row.unit === 'ms' ? 'time' : row.unit === 'bytes' ? 'size' : row.isAddress === true ? 'multiaddr' : row.type === 'integer' ? 'n' : row.type === 'path' || row.type === 'list of path' ? 'path' : 'value'
  const option = new Option(`${flag} <${value}${row.isList === true ? '...' : ''}>`, row.doc)
  // set, and not by choices() and default(): the table checks values, all of them at once, and knows where each came from
  if (row.words !== undefined) option.argChoices = [...row.words]
  const initial = defaultText(row)
  if (initial !== undefined) option.defaultValueDescription = initial
  return [option]
}

// a default that follows from other options has no one text
function defaultText (row: Row<unknown>): string | undefined {
  const { default: value, unit } = row
  if (typeof value === 'number') return unit === undefined ? String(value) : unit === 'ms' ? showDuration(value).replace('.0 ', ' ') : showBytes(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function showBytes (bytes: number): string {
  return bytes % 1_048_576 === 0 ? `${bytes / 1_048_576} MiB` : `${bytes / 1024} KiB`
}

function groupOf (key: OptionKey): string {
  const [head, name] = key.split('.') as [string, string | undefined]
  return name === undefined ? 'Node:' : `${head[0]?.toUpperCase()}${head.slice(1)}:`
}

// commander names an option's value in camelCase after its flag
function attributeOf (key: OptionKey): string {
  return flagName(key).slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
