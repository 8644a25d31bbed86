import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { decodePayload, encodePayload } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import { fromJson, toJson } from '../../../src/wire/index.ts'
import type { CodecProcess } from './codec-process.ts'
import { createDice, randomOf } from './random-value.ts'

const base64 = (data: Uint8Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
// most codecs keep the order of fields, and then this is far quicker
const equal = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other) || isDeepStrictEqual(one, other)
const decode = (type: MessageType<unknown>, payload: string): unknown => toJson(type.schema, decodePayload(type, Buffer.from(payload, 'base64')))
const encode = (type: MessageType<unknown>, json: unknown): string => base64(encodePayload(type, fromJson(type.schema, json)))

/** `count` messages the codec made up, as JSON: we read out of its bytes what it put in, and make the same bytes of its JSON. */
export async function takeJson (codec: CodecProcess, type: MessageType<unknown>, count: number): Promise<void> {
  const { items } = await codec.ask<{ items: ReadonlyArray<{ json: unknown, payload: string }> }>('random', { type: type.name, count, seed: 1 })
  assert.equal(items.length, count)
  for (const { json, payload } of items) {
    const ours = decode(type, payload)
    if (!equal(ours, json)) assert.deepEqual(ours, json, `${type.name} ${payload}`)
    const bytes = encode(type, json)
    if (bytes !== payload) assert.equal(bytes, payload, `${type.name} ${JSON.stringify(json)}`)
  }
}

/** `count` messages of ours, as JSON: the codec reads out of our bytes what we put in, and makes the same bytes of our JSON. */
export async function giveJson (codec: CodecProcess, type: MessageType<unknown>, count: number): Promise<void> {
  const draw = randomOf(type.schema, createDice(`${type.name} as JSON`))
  const sent = Array.from({ length: count }, () => {
    const value = draw()
    return { json: toJson(type.schema, value), payload: base64(encodePayload(type, value)) }
  })
  const [{ jsons }, { payloads }] = await Promise.all([
    codec.ask<{ jsons: readonly unknown[] }>('decode', { type: type.name, payloads: sent.map(({ payload }) => payload) }),
    codec.ask<{ payloads: readonly string[] }>('encode', { type: type.name, jsons: sent.map(({ json }) => json) })
  ])
  for (const [i, { json, payload }] of sent.entries()) {
    if (!equal(jsons[i], json)) assert.deepEqual(jsons[i], json, `${type.name} ${payload}`)
    if (payloads[i] !== payload) assert.equal(payloads[i], payload, `${type.name} ${JSON.stringify(json)}`)
  }
}
