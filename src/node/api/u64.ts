import { parseU64 } from '../../config/index.ts'
import { TosError } from '../../errors/index.ts'

/** A decimal u64 parameter. Throws `INVALID_VALUE` that names it. */
export function u64 (name: string, text: string): bigint {
  const value = parseU64(text)
  if (value === undefined) throw new TosError('INVALID_VALUE', `${name} must be a decimal u64, got ${text.slice(0, 80)}`, { details: { parameter: name } })
  return value
}
