import { OPTIONS } from './options.ts'
import type { OptionKey } from './options.ts'
import type { Row } from './row.ts'

/** Every option key, in table order. */
export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[]

const split = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter}`)

/** `limits.dialTimeoutMs` to `TOSD_LIMITS__DIAL_TIMEOUT_MS`. */
export function envName (key: OptionKey): string {
  return `TOSD_${split(key).replace('.', '__').toUpperCase()}`
}

/** `limits.dialTimeoutMs` to `--limits-dial-timeout-ms`. */
export function flagName (key: OptionKey): string {
  return `--${split(key).replace('.', '_').replaceAll('_', '-').toLowerCase()}`
}

/** True when the value of an option must not be seen; such an option has no flag. */
export function isSecret (key: OptionKey): boolean {
  return (OPTIONS[key] as Row<unknown>).isSecret === true
}

/** True when `name` is an option. */
export function isOptionKey (name: string): name is OptionKey {
  return Object.hasOwn(OPTIONS, name)
}
