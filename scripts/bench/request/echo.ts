import { defineProtocol } from '../../../src/protocol/index.ts'
import type { PrivacyLevel, ProtocolDefinition } from '../../../src/protocol/index.ts'
import { blob, struct } from '../../../src/wire/index.ts'

/** What every contender does: answer with the bytes it got. */
export interface Echo { readonly data: Uint8Array }

/** Ours: an ordinary protocol, only its budget is out of the way. Sealed frames are padded as `privacy` says; plain ones never. */
export function echoProtocol (privacy: PrivacyLevel): ProtocolDefinition<Echo, Echo> {
  return defineProtocol({
    id: '/bench/echo/1.0.0',
    types: { request: 0x8001, response: 0x8002 },
    request: struct({ data: blob(1 << 16) }),
    response: struct({ data: blob(1 << 16) }),
    limits: { perPeer: { count: 1e9, perMs: 1000 }, timeoutMs: 10_000 },
    privacy,
    handle: ({ data }) => ({ data })
  })
}

/** One stream per request: write, half-close, read until the end. The common design of request protocols on libp2p. */
export const STREAM_ID = '/bench/stream/1.0.0'
/** Prefix under which `@libp2p/fetch` looks up. Its keys travel, so the payload rides in the value alone. */
export const FETCH_PREFIX = '/bench/'
