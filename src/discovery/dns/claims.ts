import { NODE_TYPE, SERVICE } from '../../../protocols/services.ts'
import { TosError } from '../../errors/index.ts'

const plain = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, '')

const NODE_TYPES = new Map<string, number>([
  ...Object.entries(NODE_TYPE).flatMap(([name, value]): [string, number][] => [[plain(name), value], [`${plain(name)}node`, value]]),
  ['miner', NODE_TYPE.mining]
])
/** GPU mining is what later TOS pages call AI mining (WIRE.md §4). */
const CAPABILITIES = new Map<string, bigint>([
  ...Object.entries(SERVICE).map(([name, bit]): [string, bigint] => [plain(name), bit]),
  ['gpumining', SERVICE.aiMining]
])
const U64_MAX = (1n << 64n) - 1n

/** The node type of a record, a number 0..255 or a name in any spelling; 255 for an empty or unknown one. */
export function readNodeType (text: string): number {
  if (/^\d{1,3}$/.test(text)) return Math.min(Number(text), NODE_TYPE.unknown)
  return NODE_TYPES.get(plain(text)) ?? NODE_TYPE.unknown
}

/**
 * Service bits of a record: `0x` and hexadecimal, decimal, or names joined by `,` `+` or `|`. Names of later versions are left out;
 * nothing means no bits. Throws `INVALID_VALUE` for a number beyond 64 bits.
 */
export function readCapabilities (text: string): bigint {
  if (/^(?:0x[0-9a-f]{1,32}|\d{1,32})$/i.test(text)) {
    const bits = BigInt(text)
    if (bits <= U64_MAX) return bits
    throw new TosError('INVALID_VALUE', `capabilities ${text} have more than 64 bits`)
  }
  return text.split(/[,+|]/).reduce((bits, name) => bits | (CAPABILITIES.get(plain(name.trim())) ?? 0n), 0n)
}
