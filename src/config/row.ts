import { resolve } from 'node:path'
import { parseBytes, parseDuration } from './units.ts'

/** What the defaults may depend on. The last five are options themselves, known to the rows below them in the table. */
export interface Facts {
  readonly version: string
  readonly home: string
  /** `XDG_DATA_HOME`, empty when unset. */
  readonly xdgDataHome: string
  /** Folder for an admin socket whose name in the data directory would be too long. */
  readonly socketDir: string
  readonly network: string
  readonly profile: string
  readonly preset: string
  readonly dataDir: string
  readonly maxPeers: number
}

/** One option: how its value is read, what it is when nobody sets it, and one line that explains it. */
export interface Row<T> {
  /** Type as the documentation prints it, e.g. `integer`, `list of multiaddr`. */
  readonly type: string
  readonly unit?: 'ms' | 'bytes'
  readonly default: T | ((facts: Facts) => T)
  readonly doc: string
  /** `text` tells that `raw` came from a flag or the environment, where all is text. Throws a plain `Error` that names what was wanted. */
  readonly parse: (raw: unknown, text: boolean) => T
  /** Words that may stand here, or the usual ones of them; for help and completion. */
  readonly words?: readonly string[]
  /** What `--no-…` does; switches have it, and take no argument on the command line. */
  readonly off?: string
  /** True when the flag may be repeated. */
  readonly isList?: true
  /** True when every item is a multiaddr, to be checked by the library that dials it. */
  readonly isAddress?: true
  /** True when the value must not be seen: it has no flag (the process list shows those), stands in no file and is never printed. */
  readonly isSecret?: true
}

/** The value an option row yields. */
export type ValueOf<R> = R extends Row<infer T> ? T : never

interface Common<T> {
  readonly default: T | ((facts: Facts) => T)
  readonly doc: string
}

interface Bounded extends Common<number> {
  readonly min?: number
  readonly max?: number
}

function wanted (what: string, raw: unknown): Error {
  return new Error(`must be ${what}, got ${JSON.stringify(raw)?.slice(0, 80) ?? 'nothing'}`)
}

/** Free text; `pattern` and `maxBytes` (of UTF-8) narrow it, `what` says so. */
export function text ({ pattern, maxBytes = Infinity, what = 'text', ...rest }: Common<string> & { pattern?: RegExp, maxBytes?: number, what?: string, words?: readonly string[] }): Row<string> {
  return {
    type: what,
    ...rest,
    parse: raw => typeof raw === 'string' && (pattern?.test(raw) ?? true) && Buffer.byteLength(raw) <= maxBytes ? raw : raise(what, raw)
  }
}

/** A file or directory; relative ones are taken from the working directory, empty means none. */
export function path (options: Common<string>): Row<string> {
  return {
    type: 'path',
    ...options,
    parse: raw => typeof raw !== 'string' ? raise('a path', raw) : raw === '' ? '' : resolve(raw)
  }
}

/** Text that must not be seen, at most 1,024 bytes; the refusal does not repeat it. */
export function secret (options: Common<string>): Row<string> {
  return {
    type: 'secret text',
    isSecret: true,
    ...options,
    parse (raw) {
      if (typeof raw === 'string' && Buffer.byteLength(raw) <= 1024) return raw
      throw new Error('must be text of at most 1024 bytes')
    }
  }
}

/** One word out of a few; `aliases` are other names for them, read and not told. */
export function choice<const C extends string> ({ choices, aliases = {}, ...rest }: Common<C> & { choices: readonly C[], aliases?: Readonly<Record<string, NoInfer<C>>> }): Row<C> {
  const what = `one of ${choices.join(', ')}`
  return {
    type: choices.join(' | '),
    words: choices,
    ...rest,
    parse: raw => choices.find(word => word === raw) ?? (typeof raw === 'string' && Object.hasOwn(aliases, raw) ? aliases[raw] : undefined) ?? raise(what, raw)
  }
}

/** Yes or no. */
export function toggle (options: Common<boolean> & { off: string }): Row<boolean> {
  return {
    type: 'boolean',
    ...options,
    parse (raw, fromText) {
      if (typeof raw === 'boolean') return raw
      if (fromText && (raw === 'true' || raw === '1')) return true
      if (fromText && (raw === 'false' || raw === '0')) return false
      throw wanted('true or false', raw)
    }
  }
}

/** A whole number. */
export function integer (options: Bounded): Row<number> {
  return number(options, 'integer', 'a whole number', raw => /^-?\d+$/.test(raw) ? Number(raw) : undefined)
}

/** A span of time in milliseconds; text may carry a unit: `500ms`, `10s`, `5m`, `2h`. */
export function duration (options: Bounded): Row<number> {
  return { ...number(options, 'duration', 'milliseconds or text such as "10s"', parseDuration), unit: 'ms' }
}

/** A size in bytes; text may carry a unit: `64KiB`, `5MiB`. */
export function size (options: Bounded): Row<number> {
  return { ...number(options, 'size', 'bytes or text such as "256KiB"', parseBytes), unit: 'bytes' }
}

/** Several texts: a TOML array, a repeated flag, or one text with commas. */
export function list ({ pattern, item = 'text', ...rest }: Common<readonly string[]> & { pattern?: RegExp, item?: string }): Row<readonly string[]> {
  return {
    type: `list of ${item}`,
    isList: true,
    ...rest,
    parse (raw, fromText) {
      // an empty text is an empty list: `--bootstrap ""` turns a default off
      const items = fromText ? [raw].flat().flatMap(part => String(part).split(',')).map(part => part.trim()).filter(part => part !== '') : raw
      if (!Array.isArray(items)) throw wanted(`a list of ${item}`, raw)
      return items.map((value: unknown) => typeof value === 'string' && (pattern?.test(value) ?? true) ? value : raise(item, value))
    }
  }
}

/** Several multiaddrs. */
export function addresses (options: Common<readonly string[]>): Row<readonly string[]> {
  return { ...list({ ...options, item: 'multiaddr', pattern: /^\/[a-z0-9-]+(?:\/|$)/ }), isAddress: true }
}

function number ({ min = 0, max = Number.MAX_SAFE_INTEGER, ...rest }: Bounded, type: string, what: string, read: (raw: string) => number | undefined): Row<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `${what} of at least ${min}` : `${what} from ${min} to ${max}`
  return {
    type,
    ...rest,
    parse (raw) {
      const value = typeof raw === 'string' ? read(raw.trim()) : raw
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? value : raise(range, raw)
    }
  }
}

function raise (what: string, raw: unknown): never {
  throw wanted(what, raw)
}
