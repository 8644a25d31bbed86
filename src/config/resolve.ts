import { TosError } from '../errors/index.ts'
import { OPTION_KEYS } from './names.ts'
import { OPTIONS } from './options.ts'
import type { Config, OptionKey } from './options.ts'
import type { Facts, Row } from './row.ts'
import { checkRules } from './rules.ts'
import type { Problem, Source } from './source.ts'

/** A complete configuration and where each value came from (`flag …`, `environment …`, `file …` or `default`). */
export interface ResolvedConfig {
  readonly config: Config
  readonly origins: Readonly<Record<OptionKey, string>>
}

/** What is known before the first option is. */
export type BaseFacts = Pick<Facts, 'home' | 'xdgDataHome' | 'socketDir' | 'version'>

/** What `resolveConfig` needs beside the sources. */
export interface ResolveOptions {
  readonly facts: BaseFacts
  /** Says what is wrong with a multiaddr, or nothing. Without it only the shape is checked. */
  readonly checkAddress?: (address: string) => string | undefined
}

/**
 * Merges sources, the strongest first, over the defaults. Throws `CONFIG_INVALID` whose `details.problems` lists every
 * `Problem` of every source at once, also of values that a stronger source hides.
 */
export function resolveConfig (sources: readonly Source[], options: ResolveOptions): ResolvedConfig {
  const { config, origins, problems } = gatherConfig(sources, options)
  if (problems.length > 0) throw invalid(problems)
  return { config, origins }
}

/** The same without the throw: what is invalid stands at its default and is listed. */
export function gatherConfig (sources: readonly Source[], { facts: base, checkAddress }: ResolveOptions): ResolvedConfig & { readonly problems: readonly Problem[] } {
  const problems = sources.flatMap(source => source.problems)
  const facts = { ...base, network: '', profile: '', preset: '', dataDir: '', maxPeers: 0 }
  const values = new Map<OptionKey, unknown>()
  const origins = {} as Record<OptionKey, string>
  for (const key of OPTION_KEYS) {
    const row = OPTIONS[key] as Row<unknown>
    const found = sources.map(source => read(source, key, row, checkAddress, problems)).find(value => value !== undefined)
    // an option without a valid value still gets its default, so that the rows below it can be checked too
    const value = found === undefined ? defaultOf(row, facts) : found.value
    values.set(key, value)
    origins[key] = found?.origin ?? 'default'
    if (key === 'network' || key === 'profile' || key === 'preset' || key === 'dataDir') facts[key] = value as string
    if (key === 'peers.max') facts.maxPeers = value as number
  }
  const config = nest(values)
  problems.push(...checkRules(config, origins, new Set(problems.map(({ key }) => key))))
  return { config, origins, problems }
}

/** One error out of many problems; a single one is named in the message. */
export function invalid (problems: readonly Problem[]): TosError {
  const [first] = problems
  const message = problems.length === 1 && first !== undefined ? describeProblem(first) : `${problems.length} problems in the configuration`
  return new TosError('CONFIG_INVALID', message, { details: { problems } })
}

/** `peers.mx is not an option (file /a/tosd.toml); did you mean peers.max?` */
export function describeProblem ({ key, origin, message, nearest }: Problem): string {
  return `${key} ${message} (${origin})${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
}

function read (source: Source, key: OptionKey, row: Row<unknown>, checkAddress: ResolveOptions['checkAddress'], problems: Problem[]): { value: unknown, origin: string } | undefined {
  const entry = source.values.get(key)
  if (entry === undefined) return undefined
  try {
    const value = row.parse(entry.raw, source.text)
    const wrong = row.isAddress === true && checkAddress !== undefined ? (value as string[]).flatMap(address => checkAddress(address) ?? []) : []
    if (wrong.length === 0) return { value, origin: entry.origin }
    problems.push(...wrong.map(message => ({ key, origin: entry.origin, message })))
  } catch (error) {
    problems.push({ key, origin: entry.origin, message: (error as Error).message })
  }
  return undefined
}

function defaultOf (row: Row<unknown>, facts: Facts): unknown {
  return typeof row.default === 'function' ? (row.default as (facts: Facts) => unknown)(facts) : row.default
}

function nest (values: ReadonlyMap<OptionKey, unknown>): Config {
  const config: Record<string, unknown> = {}
  for (const [key, value] of values) {
    const [group, name] = key.split('.') as [string, string | undefined]
    if (name === undefined) config[group] = value
    else config[group] = { ...(config[group] as object | undefined), [name]: value }
  }
  return config as unknown as Config
}
