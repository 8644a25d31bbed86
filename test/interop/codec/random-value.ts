import { createHash } from 'node:crypto'
import type { Schema } from '../../../src/wire/index.ts'

/** A seeded source of numbers; fast-check's would cost most of the test's time at this count. */
export interface Dice {
  /** A whole number from 0 to `below` - 1, `below` at most 2^32. */
  below (below: number): number
  bytes (length: number): Uint8Array
  u64 (): bigint
}

/** Numbers out of a hash chain, the same for the same seed. */
export function createDice (seed: string): Dice {
  let block: Buffer = Buffer.from(seed)
  let end = 0
  /** Makes sure of `length` more bytes: they end at `end` of the block that is there then. */
  const roll = (length: number): void => {
    if (end + length > block.length || end === 0) {
      block = createHash('shake256', { outputLength: 1 << 16 }).update(block.subarray(-64)).digest()
      end = 0
    }
    end += length
  }
  return {
    below (below) {
      roll(4)
      return Math.floor(block.readUInt32LE(end - 4) / 2 ** 32 * below)
    },
    bytes (length) {
      roll(length)
      return block.subarray(end - length, end)
    },
    u64 () {
      roll(8)
      return block.readBigUInt64LE(end - 8)
    }
  }
}

/** Fields whose range is narrower than their width: the least and the most. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  port: [1, 65_535], status: [0, 4], detail: [0, 2], priority: [0, 3], privacyLevel: [0, 3], voteType: [0, 2], qualityScore: [0, 100], count: [1, 512], reason: [1, 65_535]
}
const WIDTHS = { u8: 8, u16: 16, u32: 32 } as const
const PIECES = ['a', 'Z', '7', '/', ' ', 'é', 'ß', '¡', 'Ω', '中', '\u2028', '\ufeff', '🙂', 'e\u0301', '\u{10ffff}']

/** Draws random values of a schema, made ready once; `name` is the field it stands in. Rules that tie fields together are left to `fit`. */
export function randomOf (schema: Schema<unknown>, dice: Dice, name = ''): () => unknown {
  const { shape } = schema
  switch (shape.kind) {
    case 'bool': return () => dice.below(2) === 1
    case 'u8': case 'u16': case 'u32': {
      const [least, most] = RANGES[name] ?? [0, 2 ** WIDTHS[shape.kind] - 1]
      return () => dice.below(20) === 0 ? most : least + dice.below(most - least + 1)
    }
    case 'u64': case 'i64': {
      const most = BigInt.asUintN(shape.kind === 'u64' ? 64 : 63, -1n)
      return () => {
        const value = (dice.u64() & most) >> (dice.below(2) === 0 ? 0n : BigInt(dice.below(64)))
        return dice.below(20) === 0 ? most : value
      }
    }
    case 'bytes': return () => dice.bytes(shape.length)
    case 'blob': return () => dice.bytes(dice.below(Math.min(shape.max, dice.below(50) === 0 ? 2_048 : 60) + 1))
    case 'string': return name === 'ip' ? () => randomIp(dice) : () => randomText(shape.max, dice)
    case 'vec': {
      const item = randomOf(shape.item, dice)
      return () => Array.from({ length: shape.min + dice.below(Math.min(shape.max - shape.min, dice.below(100) === 0 ? 20 : 4) + 1) }, item)
    }
    case 'option': {
      const item = randomOf(shape.item, dice)
      return () => dice.below(2) === 0 ? null : item()
    }
    case 'struct': {
      const fields = Object.entries(shape.fields).map(([key, field]) => [key, randomOf(field, dice, key)] as const)
      return () => {
        const value: Record<string, unknown> = {}
        for (const [key, draw] of fields) value[key] = draw()
        return fit(value, dice)
      }
    }
    case 'union': {
      const variants = Object.entries(shape.variants).map(([type, inner]) => ({ type, draw: inner === null ? null : randomOf(inner, dice) }))
      return () => {
        const { type, draw } = variants[dice.below(variants.length)] as (typeof variants)[number]
        return draw === null ? { type } : { type, value: draw() }
      }
    }
  }
}

/** Brings the fields of a message that depend on each other into agreement. */
function fit (value: Record<string, unknown>, dice: Dice): Record<string, unknown> {
  if ('isResponse' in value) return value['isResponse'] === true ? { ...value, maxPeers: 0 } : { ...value, maxPeers: 1 + dice.below(16), peers: [] }
  if ('detail' in value) return { ...value, maxItems: 1 + dice.below([64, 2_048, 4_096][value['detail'] as number] as number) }
  return value
}

function randomText (max: number, dice: Dice): string {
  let text = ''
  const pieces = dice.below(2) === 0 ? 5 : PIECES.length
  for (let length = dice.below(dice.below(20) === 0 ? max + 1 : 30); length > 0; length--) text += PIECES[dice.below(pieces)] as string
  return Buffer.byteLength(text) <= max ? text : ''
}

function randomIp (dice: Dice): string {
  if (dice.below(2) === 0) return dice.bytes(4).join('.')
  const groups = Array.from({ length: 8 }, () => dice.below(3) === 0 ? '0' : dice.below(0x1_0000).toString(16))
  return URL.parse(`http://[${groups.join(':')}]/`)?.hostname.slice(1, -1) ?? '::1'
}
