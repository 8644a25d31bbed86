import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { INVALID_FRAMES, TOPICS } from '../../scripts/attack/streams/gossip-frames.ts'
import { suites } from '../../scripts/attack/suites.ts'
import { decodeGossipFrame } from '../../src/gossip/index.ts'
import type { MessageType } from '../../src/protocol/index.ts'
import { codeOf } from '../support/frames.ts'

suite('attack suites', () => {
  for (const [name, load] of Object.entries(suites)) {
    test(`${name} loads and goes by the name it is asked for`, async () => {
      const loaded = await load()
      assert.equal(loaded.name, name)
      assert.notEqual(loaded.describe, '')
    })
  }

  test('every invalid gossip frame is refused for what its kind says, and none for another reason', () => {
    const expected = (longer: string): Record<string, string> => ({
      'a sender': 'INVALID_MESSAGE', 'a time': 'INVALID_MESSAGE', padded: longer, 'bytes behind': longer, 'wrong tag': 'TAG_MISMATCH',
      'wrong type': 'UNKNOWN_TYPE', 'wrong checksum': 'CORRUPT_MESSAGE', 'wrong magic': 'WRONG_MAGIC', truncated: 'TRUNCATED', oversize: 'MESSAGE_TOO_LARGE'
    })
    for (const { type } of TOPICS) {
      const codes = Object.fromEntries(Object.entries(INVALID_FRAMES).map(([kind, make]) => [kind, codeOf(() => decodeGossipFrame<unknown>(type as MessageType<unknown>, make(type)))]))
      // where all payloads have one size the gate sees first that there is too much
      assert.deepEqual(codes, expected(type.minBytes === type.maxBytes ? 'MESSAGE_TOO_LARGE' : 'TRAILING_BYTES'), type.name)
    }
  })
})
