import { parseU64 } from '../config/index.ts'
import { TosError } from '../errors/index.ts'

/** A whole number of 64 bits as the user gave it, in decimal; `name` as the user knows it. Throws `USAGE`. */
export function u64Argument (name: string, value: unknown): string {
  const number = parseU64(String(value))
  if (number === undefined) throw new TosError('USAGE', `${name} must be a whole number from 0 to 18446744073709551615, got ${String(value).slice(0, 80)}`, { hint: `for example ${name} 10` })
  return number.toString()
}
