import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { TosError } from '../errors/index.ts'
import { socketFolder } from '../monitor/socket-folder.ts'
import { OPTION_KEYS } from './names.ts'
import { OPTIONS } from './options.ts'
import type { OptionKey } from './options.ts'
import type { Row } from './row.ts'
import { gatherConfig, invalid, resolveConfig } from './resolve.ts'
import type { BaseFacts, ResolvedConfig } from './resolve.ts'
import { fromEnv, fromFlags, fromObject, withoutSecrets } from './source.ts'
import type { Source } from './source.ts'
import { VERSION } from './version.ts'

/** Name of the file in the data directory that is read when no other is named. */
export const CONFIG_FILE = 'tosd.toml'

/** Where the configuration comes from. */
export interface LoadOptions {
  readonly flags?: Readonly<Partial<Record<OptionKey, unknown>>>
  readonly env?: Readonly<Record<string, string | undefined>>
  /** TOML file; else `TOSD_CONFIG`, else `tosd.toml` in the data directory when there is one. */
  readonly file?: string
}

/** A resolved configuration and the file that took part. */
export interface LoadedConfig extends ResolvedConfig {
  readonly file: string | undefined
}

/**
 * Reads flags, environment and file: flag > environment > file > default. When nothing names a network or a data directory and
 * exactly one has been set up by `tosd init`, that one is meant. Throws `CONFIG_INVALID`, or
 * `FILE_UNREADABLE` when the directories cannot be looked through.
 */
export async function loadConfig ({ flags = {}, env = process.env, file }: LoadOptions = {}): Promise<LoadedConfig> {
  const facts = baseFacts(env)
  const strong = [fromFlags(flags), fromEnv(env)]
  const named = file ?? env['TOSD_CONFIG']
  const path = named === undefined ? implicitFile(strong, facts) : resolve(named)
  const parsed = await readToml(path, named !== undefined)
  const sources = parsed === undefined ? strong : [...strong, withDirectory(withoutSecrets(fromObject(parsed, `file ${path}`), `file ${path}`), path, named === undefined)]
  const checkAddress = usesAddresses(sources) ? await addressChecker() : undefined
  const resolved = resolveConfig(sources, { facts, ...(checkAddress === undefined ? {} : { checkAddress }) })
  return { ...resolved, file: parsed === undefined ? undefined : path }
}

/** Facts of this machine and process. */
export function baseFacts (env: Readonly<Record<string, string | undefined>> = process.env): BaseFacts {
  return { home: env['HOME'] ?? homedir(), xdgDataHome: env['XDG_DATA_HOME'] ?? '', socketDir: socketFolder(env), version: VERSION }
}

function implicitFile (strong: readonly Source[], facts: BaseFacts): string {
  const named = strong.some(({ values }) => values.has('network') || values.has('dataDir'))
  if (!named) {
    const base = facts.xdgDataHome === '' ? join(facts.home, '.tosd') : join(facts.xdgDataHome, 'tosd')
    const [only, ...others] = configured(base)
    if (only !== undefined && others.length === 0) return only
  }
  return join(gatherConfig(strong, { facts }).config.dataDir, CONFIG_FILE)
}

function configured (base: string): string[] {
  try {
    return readdirSync(base).map(name => join(base, name, CONFIG_FILE)).filter(path => existsSync(path))
  } catch (error) {
    if (isMissing(error)) return []
    throw new TosError('FILE_UNREADABLE', `cannot list ${base}`, { cause: error })
  }
}

// the file lies in the data directory, so it need not name it
function withDirectory (source: Source, path: string, implicit: boolean): Source {
  if (!implicit || source.values.has('dataDir')) return source
  return { ...source, values: new Map([...source.values, ['dataDir', { raw: resolve(path, '..'), origin: `place of ${path}` }]]) }
}

async function readToml (path: string, required: boolean): Promise<Record<string, unknown> | undefined> {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    if (!required && isMissing(error)) return undefined
    throw new TosError('CONFIG_INVALID', `cannot read the configuration file ${path}`, { cause: error, hint: 'check the path given by --config or TOSD_CONFIG, and its permissions' })
  }
  const { parse } = await import('smol-toml')
  try {
    return parse(content)
  } catch (error) {
    throw invalid([{ key: 'TOML', origin: `file ${path}`, message: tomlProblem(error) }])
  }
}

// the parser shows the lines around the place as well: raw bytes of a file that may be anything
function tomlProblem (error: unknown): string {
  const { message, line, column } = error as Error & { readonly line?: number, readonly column?: number }
  const text = (message.split('\n', 1)[0] ?? '').replace(/^Invalid TOML document: /, '')
  return `is not valid${line === undefined ? '' : ` in line ${line}, column ${column}`}: ${text}`
}

function usesAddresses (sources: readonly Source[]): boolean {
  return sources.some(({ values }) => OPTION_KEYS.some(key => (OPTIONS[key] as Row<unknown>).isAddress === true && values.has(key)))
}

// costs 60 ms to import, so only when an address was given
async function addressChecker (): Promise<(address: string) => string | undefined> {
  const { multiaddr } = await import('@multiformats/multiaddr')
  return address => {
    try {
      multiaddr(address)
      return undefined
    } catch (error) {
      return `holds ${address}, which is not a multiaddr: ${(error as Error).message}`
    }
  }
}

function isMissing (error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
