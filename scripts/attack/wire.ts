import * as protocols from '../../protocols/index.ts'
import { TosError } from '../../src/errors/index.ts'
import { decodePayload } from '../../src/protocol/index.ts'
import type { MessageType } from '../../src/protocol/index.ts'
import { limitRow } from '../bench/harness.ts'
import type { Row, Suite } from '../bench/harness.ts'
import { join, length, lengthFields } from './length-bombs.ts'

const ROUNDS = { short: 200, long: 5000 } as const
const GROWTH_MIB = 16
const DEADLINE_MS = 1000

/** Length bombs: every length field of every message says 0, 1, its cap, cap + 1, 2^31 and 2^32 - 1, and nothing follows. */
export const suite: Suite = {
  name: 'wire',
  describe: 'length bombs against the decoder of every message type',
  async run ({ long, log }) {
    const types = messageTypes()
    return types.flatMap(type => {
      log(type.name)
      return attack(type, long ? ROUNDS.long : ROUNDS.short)
    })
  }
}

function messageTypes (): Array<MessageType<unknown>> {
  const isType = (value: unknown): value is MessageType<unknown> => typeof value === 'object' && value !== null && 'code' in value && 'payload' in value
  return Object.values(protocols as Record<string, unknown>).filter(isType)
}

/** Two rows: the growth of the process over all rounds, and the time of the slowest single payload. */
function attack (type: MessageType<unknown>, rounds: number): Row[] {
  const payloads = bombs(type)
  for (const payload of payloads) hurl(type, payload)
  const before = process.memoryUsage()
  let slowest = 0
  for (let round = 0; round < rounds; round++) {
    for (const payload of payloads) slowest = Math.max(slowest, hurl(type, payload))
  }
  const after = process.memoryUsage()
  const growth = Math.max(after.rss - before.rss, after.external - before.external, after.arrayBuffers - before.arrayBuffers)
  const name = `${type.name}, ${payloads.length} payloads x ${rounds}`
  return [
    limitRow(`${name}: memory growth`, growth / 1048576, 'MiB', GROWTH_MIB),
    limitRow(`${name}: slowest refusal`, slowest, 'ms', DEADLINE_MS)
  ]
}

function bombs (type: MessageType<unknown>): Uint8Array[] {
  const tag = type.tag === undefined ? new Uint8Array(0) : Uint8Array.of(type.tag, 0, 0, 0)
  const payloads = lengthFields(type.schema, tag).flatMap(({ max, prefix }) => [0, 1, max, max + 1, 2 ** 31, 2 ** 32 - 1, 2n ** 64n - 1n].map(value => join(prefix, length(value))))
  // A type without any length field still meets short and overlong payloads.
  return payloads.length > 0 ? payloads : [tag, new Uint8Array(type.maxBytes + 1)]
}

/** Milliseconds until the payload was refused with a coded error, or accepted: lengths 0 and 1 may be right. */
function hurl (type: MessageType<unknown>, payload: Uint8Array): number {
  const start = performance.now()
  try {
    decodePayload(type, payload)
  } catch (error) {
    if (!(error instanceof TosError)) throw error
  }
  return performance.now() - start
}
