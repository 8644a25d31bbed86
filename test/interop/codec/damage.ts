import assert from 'node:assert/strict'
import { decodePayload, encodePayload } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import { toJson } from '../../../src/wire/index.ts'
import type { CodecProcess } from './codec-process.ts'
import { createDice, randomOf } from './random-value.ts'
import type { Dice } from './random-value.ts'

const BATCH = 500
/** Bytes that mean something: small counts and tags, ends of ranges, control characters, halves of UTF-8. */
const BYTES = [0, 1, 2, 3, 4, 0x0a, 0x1f, 0x20, 0x30, 0x3a, 0x7f, 0x80, 0xc2, 0xed, 0xff]
const LONGER = [0, 0, 0, -1, -8, -33, 1, 2]

/**
 * `count` damaged messages: both sides read the same out of those we take, and a `strict` codec refuses those we refuse. Returns how many we refused.
 */
export async function judgeDamaged (codec: CodecProcess, type: MessageType<unknown>, { count, strict }: { readonly count: number, readonly strict: boolean }): Promise<number> {
  const dice = createDice(`${type.name} damaged`)
  const draw = randomOf(type.schema, dice)
  let refused = 0
  for (let done = 0; done < count; done += BATCH) {
    const payloads = Array.from({ length: BATCH }, () => damaged(encodePayload(type, draw()), dice))
    const asked = codec.ask<{ jsons: readonly unknown[] }>('decode', { type: type.name, payloads: payloads.map(payload => payload.toString('base64')) })
    const read = readOrNull(type, payloads)
    const { jsons } = await asked
    for (const [i, ours] of read.entries()) {
      if (ours === null) refused++
      if (ours === null && !strict) continue
      // in the same order of fields, which is quicker to see
      if (JSON.stringify(jsons[i]) !== JSON.stringify(ours)) assert.deepEqual(jsons[i], ours, `${type.name} ${payloads[i]?.toString('hex')}`)
    }
  }
  return refused
}

/** What we read out of each, null where we refuse. The traces of so many refusals would cost more than all the rest. */
function readOrNull (type: MessageType<unknown>, payloads: readonly Uint8Array[]): unknown[] {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return payloads.map(payload => {
      try {
        return toJson(type.schema, decodePayload(type, payload))
      } catch (error) {
        if ((error as Error).name === 'TosError') return null
        throw error
      }
    })
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Some bytes replaced; often it is shorter or longer, too. */
function damaged (payload: Uint8Array, dice: Dice): Buffer {
  const bytes = Buffer.concat([payload, Buffer.alloc(2)])
  for (let changes = 1 + dice.below(3); changes > 0; changes--) bytes[dice.below(payload.length)] = pick(BYTES, dice)
  return bytes.subarray(0, Math.max(0, payload.length + pick(LONGER, dice)))
}

const pick = (from: readonly number[], dice: Dice): number => from[dice.below(from.length)] as number
