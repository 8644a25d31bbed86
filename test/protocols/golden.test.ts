import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import * as protocols from '../../protocols/index.ts'
import { TosError } from '../../src/errors/index.ts'
import { decodePayload, encodePayload } from '../../src/protocol/index.ts'
import type { MessageType } from '../../src/protocol/index.ts'
import { fromHex, fromJson, toHex, toJson } from '../../src/wire/index.ts'

interface GoldenFrame { name: string, type: string, code: number, variant: number, fields: Record<string, unknown>, payload: string, payload_length: number }

const { frames } = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as { frames: GoldenFrame[] }

/** Everything with a message code that `protocols/` exports, by name. */
const types = new Map(Object.values(protocols as Record<string, unknown>)
  .filter((value): value is MessageType<unknown> => typeof value === 'object' && value !== null && 'payload' in value && 'code' in value)
  .map(type => [type.name, type]))

function typeOf (frame: GoldenFrame): MessageType<unknown> {
  const type = types.get(frame.type)
  assert.ok(type !== undefined, `no message type named ${frame.type}`)
  return type
}

suite('golden frames', () => {
  test('every type of the specification has a message, a code and a frame', () => {
    const specified = [...types.values()].filter(type => type.tag !== undefined)
    assert.deepEqual(specified.map(type => type.tag).sort((a, b) => (a as number) - (b as number)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    for (const type of specified) assert.ok(frames.some(frame => frame.type === type.name), `${type.name} has no golden frame`)
  })

  for (const frame of frames) {
    test(`${frame.name}: payload, fields and sizes`, () => {
      const type = typeOf(frame)
      const payload = Uint8Array.from(fromHex(frame.payload))
      assert.equal(type.code, frame.code)
      assert.equal(type.tag, frame.variant)
      assert.ok(payload.length >= type.minBytes && payload.length <= type.maxBytes)
      assert.equal(payload.length, frame.payload_length)

      const value = decodePayload(type, payload)
      assert.deepEqual(toJson(type.schema, value), frame.fields)
      assert.equal(toHex(encodePayload(type, value)), frame.payload)
      assert.equal(toHex(encodePayload(type, fromJson(type.schema, frame.fields))), frame.payload)
    })

    test(`${frame.name}: cut anywhere, with a byte too many, or under another tag, it is refused`, () => {
      const type = typeOf(frame)
      const payload = fromHex(frame.payload)
      const refused = (bytes: Uint8Array): void => { assert.throws(() => decodePayload(type, bytes), TosError) }
      for (let cut = 0; cut < payload.length; cut++) refused(payload.subarray(0, cut))
      refused(Buffer.concat([payload, Uint8Array.of(0)]))
      assert.throws(() => decodePayload(type, Buffer.concat([Uint8Array.of(99), payload.subarray(1)])), { code: 'TAG_MISMATCH' })
    })

    test(`${frame.name}: zeros may follow where padding is allowed, other bytes may not`, () => {
      const type = typeOf(frame)
      const payload = fromHex(frame.payload)
      assert.deepEqual(decodePayload(type, Buffer.concat([payload, new Uint8Array(300)]), 'zeros'), decodePayload(type, payload))
      assert.throws(() => decodePayload(type, Buffer.concat([payload, new Uint8Array(300), Uint8Array.of(1)]), 'zeros'), { code: 'INVALID_MESSAGE' })
    })
  }
})
