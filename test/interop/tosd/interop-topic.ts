import { encodeGossipFrame } from '../../../src/gossip/index.ts'
import { defineMessage, defineTopic } from '../../../src/protocol/index.ts'
import type { TopicDefinition } from '../../../src/protocol/index.ts'
import { blob, struct } from '../../../src/wire/index.ts'

/** Most bytes of a message's body: with header and length it fits the 64 KiB that the strictest stock library takes. */
export const MAX_BODY_BYTES = 60_000

const INTEROP = defineMessage({ name: 'INTEROP', code: 0x9001, schema: struct({ body: blob(MAX_BODY_BYTES) }) })

/** A topic of the node for messages of any content, mounted as a third party would. */
export function interopTopic (network: string, deliver: (frame: Uint8Array) => void): TopicDefinition<{ readonly body: Uint8Array }> {
  return defineTopic({
    name: 'interop',
    id: '/tos/{net}/interop/1',
    message: INTEROP,
    expectedPerMinute: 600,
    queue: { max: 512, drop: 'newest' },
    concurrency: 64,
    validate (value) {
      deliver(interopFrame(value.body))
      return 'accept'
    }
  })
}

/** The frame of a body as it travels on the topic; foreign peers pass these bytes on and know nothing of them. */
export const interopFrame = (body: Uint8Array): Uint8Array => encodeGossipFrame(INTEROP, { body })
