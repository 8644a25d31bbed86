import { nearest } from './nearest.ts'
import { envName, flagName, isOptionKey, isSecret, OPTION_KEYS } from './names.ts'
import { OPTIONS } from './options.ts'
import type { OptionKey } from './options.ts'

/** One thing wrong with a configuration. */
export interface Problem {
  /** The key as its author wrote it. */
  readonly key: string
  /** Where it stands, e.g. `environment TOSD_PEERS__MAX`. */
  readonly origin: string
  readonly message: string
  /** The valid name that looks most like an unknown one. */
  readonly nearest?: string
}

/** Values of one origin, not yet checked. */
export interface Source {
  readonly values: ReadonlyMap<OptionKey, { readonly raw: unknown, readonly origin: string }>
  /** True where every value arrives as text. */
  readonly text: boolean
  readonly problems: readonly Problem[]
}

/** Variables of our prefix that are no options. */
const RESERVED_ENV = new Set(['TOSD_CONFIG'])

/** `TOSD_*` of an environment; every other variable is ignored, an unknown `TOSD_*` is a problem. */
export function fromEnv (env: Readonly<Record<string, string | undefined>>): Source {
  const byName = new Map(OPTION_KEYS.map(key => [envName(key), key]))
  const values = new Map<OptionKey, { raw: unknown, origin: string }>()
  const problems: Problem[] = []
  for (const [name, raw] of Object.entries(env)) {
    if (!name.startsWith('TOSD_') || RESERVED_ENV.has(name) || raw === undefined) continue
    const key = byName.get(name)
    if (key === undefined) problems.push(unknown(name, 'the environment', byName.keys()))
    else values.set(key, { raw, origin: `environment ${name}` })
  }
  return { values, text: true, problems }
}

/** Flags by option key, as the command line collected them. */
export function fromFlags (flags: Readonly<Partial<Record<OptionKey, unknown>>>): Source {
  const values = new Map<OptionKey, { raw: unknown, origin: string }>()
  for (const key of OPTION_KEYS) if (flags[key] !== undefined) values.set(key, { raw: flags[key], origin: `flag ${flagName(key)}` })
  return { values, text: true, problems: [] }
}

/** The same source, with a problem for each secret in it: a file lies beside what the secret protects, and is copied and backed up. */
export function withoutSecrets (source: Source, origin: string): Source {
  const found = [...source.values.keys()].filter(isSecret)
  return { ...source, problems: [...source.problems, ...found.map(key => ({ key, origin, message: `is a secret and stands in no file; give it as ${envName(key)}` }))] }
}

/** A parsed object: a TOML file, or what a program passed. `origin` names it, e.g. `file /etc/tosd.toml`. */
export function fromObject (object: Readonly<Record<string, unknown>>, origin: string): Source {
  const values = new Map<OptionKey, { raw: unknown, origin: string }>()
  const problems: Problem[] = []
  for (const [name, raw] of flatten(object, '')) {
    if (isOptionKey(name)) values.set(name, { raw, origin })
    else problems.push(unknown(name, origin, OPTION_KEYS))
  }
  return { values, text: false, problems }
}

function * flatten (object: Readonly<Record<string, unknown>>, prefix: string): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(OPTIONS, prefix + name)
    if (isTable) yield * flatten(value as Record<string, unknown>, `${prefix}${name}.`)
    else yield [prefix + name, value]
  }
}

function unknown (key: string, origin: string, candidates: Iterable<string>): Problem {
  const near = nearest(key, candidates)
  return { key, origin, message: 'is not an option', ...(near === undefined ? {} : { nearest: near }) }
}
