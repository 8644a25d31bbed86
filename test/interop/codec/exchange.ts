import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { decodePayload, encodePayload } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import { fromJson, toJson } from '../../../src/wire/index.ts'
import type { CodecProcess } from './codec-process.ts'
import type { MessageSample } from './message-samples.ts'
import { createDice, randomValue } from './random-value.ts'

/** Messages of one request: large enough to forget the round trip, small enough that both sides work at once. */
const BATCH = 500

const base64 = (data: Uint8Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
// most codecs keep the order of fields, and then this is far quicker
const equal = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other) || isDeepStrictEqual(one, other)
const decode = (type: MessageType<unknown>, payload: string): unknown => toJson(type.schema, decodePayload(type, Buffer.from(payload, 'base64')))
const encode = (type: MessageType<unknown>, json: unknown): string => base64(encodePayload(type, fromJson(type.schema, json)))

/** What `ask` gives for each number below `count / BATCH`, one request ahead of the reader. */
async function * ahead <T> (count: number, ask: (batch: number) => Promise<T>): AsyncGenerator<T> {
  let next = ask(0)
  // its failure is reported by whoever awaits it, perhaps later
  next.catch(() => {})
  for (let batch = 1; batch <= count / BATCH; batch++) {
    const current = await next
    if (batch < count / BATCH) {
      next = ask(batch)
      next.catch(() => {})
    }
    yield current
  }
}

/** `count` messages the codec made up: we read out of its bytes what it put in, and make the same bytes of it. */
export async function takeRandom (codec: CodecProcess, { type }: MessageSample, count: number): Promise<void> {
  const ask = (batch: number): Promise<{ items: ReadonlyArray<{ json: unknown, payload: string }> }> => codec.ask('random', { type: type.name, count: BATCH, seed: batch + 1 })
  for await (const { items } of ahead(count, ask)) {
    assert.equal(items.length, BATCH)
    for (const { json, payload } of items) {
      const ours = decode(type, payload)
      if (!equal(ours, json)) assert.deepEqual(ours, json, `${type.name} ${payload}`)
      const bytes = encode(type, json)
      if (bytes !== payload) assert.equal(bytes, payload, `${type.name} ${JSON.stringify(json)}`)
    }
  }
}

/** `count` messages of ours: the codec reads out of our bytes what we put in, and makes the same bytes of it. */
export async function giveRandom (codec: CodecProcess, { type }: MessageSample, count: number): Promise<void> {
  const dice = createDice(type.name)
  const ask = async (): Promise<{ sent: readonly Sent[], jsons: readonly unknown[], payloads: readonly string[] }> => {
    const sent = Array.from({ length: BATCH }, () => {
      const value = randomValue(type.schema, dice)
      return { json: toJson(type.schema, value), payload: base64(encodePayload(type, value)) }
    })
    const [{ jsons }, { payloads }] = await Promise.all([
      codec.ask<{ jsons: readonly unknown[] }>('decode', { type: type.name, payloads: sent.map(({ payload }) => payload) }),
      codec.ask<{ payloads: readonly string[] }>('encode', { type: type.name, jsons: sent.map(({ json }) => json) })
    ])
    return { sent, jsons, payloads }
  }
  for await (const { sent, jsons, payloads } of ahead(count, ask)) {
    for (const [i, { json, payload }] of sent.entries()) {
      if (!equal(jsons[i], json)) assert.deepEqual(jsons[i], json, `${type.name} ${payload}`)
      if (payloads[i] !== payload) assert.equal(payloads[i], payload, `${type.name} ${JSON.stringify(json)}`)
    }
  }
}

interface Sent { readonly json: unknown, readonly payload: string }

const damage = fc.tuple(fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 3, 4, 0x0a, 0x1f, 0x20, 0x30, 0x3a, 0x7f, 0x80, 0xc2, 0xed, 0xff)), { minLength: 1, maxLength: 3 }), fc.constantFrom(0, 0, 0, -1, -8, -33, 1, 2))

/**
 * `count` damaged messages: both sides read the same out of those we take, and a `strict` codec refuses those we refuse. Returns how many we refused.
 */
export async function judgeDamaged (codec: CodecProcess, { type, values }: MessageSample, { count, strict }: { readonly count: number, readonly strict: boolean }): Promise<number> {
  let refused = 0
  const ask = async (batch: number): Promise<{ payloads: readonly string[], jsons: readonly unknown[] }> => {
    const payloads = fc.sample(fc.tuple(values, damage), { numRuns: BATCH, seed: batch + 1 }).map(([value, [changes, longer]]) => base64(damaged(encodePayload(type, value), changes, longer)))
    return { payloads, jsons: (await codec.ask<{ jsons: readonly unknown[] }>('decode', { type: type.name, payloads })).jsons }
  }
  for await (const { payloads, jsons } of ahead(count, ask)) {
    for (const [i, payload] of payloads.entries()) {
      const ours = decodeOrNull(type, payload)
      if (ours === null) refused++
      if (ours === null && !strict) continue
      if (!equal(jsons[i], ours)) assert.deepEqual(jsons[i], ours, `${type.name} ${Buffer.from(payload, 'base64').toString('hex')}`)
    }
  }
  return refused
}

function decodeOrNull (type: MessageType<unknown>, payload: string): unknown {
  try {
    return decode(type, payload)
  } catch (error) {
    if ((error as Error).name === 'TosError') return null
    throw error
  }
}

/** Some bytes replaced; often it is shorter or longer, too. */
function damaged (payload: Uint8Array, changes: ReadonlyArray<readonly [number, number]>, longer: number): Uint8Array {
  const bytes = Buffer.concat([payload, Buffer.alloc(2)])
  for (const [at, byte] of changes) bytes[at % payload.length] = byte
  return bytes.subarray(0, Math.max(0, payload.length + longer))
}
