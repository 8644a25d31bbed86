import { baseFacts } from './load.ts'
import { envName, flagName, isSecret, OPTION_KEYS } from './names.ts'
import { OPTIONS } from './options.ts'
import type { Config, OptionKey } from './options.ts'
import { resolveConfig } from './resolve.ts'
import type { Row } from './row.ts'
import { fromObject } from './source.ts'

/** One option as `tosd config schema` lists it. */
export interface OptionDoc {
  readonly key: OptionKey
  readonly type: string
  readonly unit: string | undefined
  readonly default: unknown
  readonly env: string
  /** A secret has none. */
  readonly flag: string | undefined
  readonly doc: string
}

/** The option table as documentation; defaults are those of `network`. */
export function describeOptions (network: string): OptionDoc[] {
  const { config } = resolveConfig([fromObject({ network }, 'argument')], { facts: { ...baseFacts(), home: '~', xdgDataHome: '' } })
  return OPTION_KEYS.map(key => {
    const row = OPTIONS[key] as Row<unknown>
    return {
      key,
      type: row.type,
      unit: row.unit,
      default: configValue(config, key),
      env: envName(key),
      flag: isSecret(key) ? undefined : flagName(key),
      doc: row.doc
    }
  })
}

/** The value at a key path. */
export function configValue (config: Config, key: OptionKey): unknown {
  return key.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], config)
}

/** The same for people and programs to look at: of a secret only whether there is one. */
export function shownValue (config: Config, key: OptionKey): unknown {
  const value = configValue(config, key)
  return isSecret(key) && value !== '' ? '(secret)' : value
}

/**
 * A TOML file that documents every option: those in `set` are active, all others stand commented out at their default. `shown` replaces
 * defaults that follow from where the file will lie. Secrets are left out.
 */
export function renderToml (network: string, set: ReadonlyMap<OptionKey, unknown>, shown: ReadonlyMap<OptionKey, unknown> = new Map()): string {
  const lines: string[] = ['# Configuration of tosd. A flag or a TOSD_ variable overrides what stands here.']
  let group = ''
  for (const option of describeOptions(network)) {
    if (isSecret(option.key)) continue
    const [head, name] = option.key.split('.') as [string, string | undefined]
    if (name !== undefined && head !== group) {
      group = head
      lines.push('', `[${group}]`)
    }
    lines.push('', `# ${option.doc} (${option.type}${option.unit === undefined ? '' : `, ${option.unit}`})`)
    const active = set.has(option.key)
    lines.push(`${active ? '' : '# '}${name ?? head} = ${JSON.stringify(active ? set.get(option.key) : shown.get(option.key) ?? option.default)}`)
  }
  return `${lines.join('\n')}\n`
}
