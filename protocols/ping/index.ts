import { defineProtocol } from '../../src/protocol/index.ts'
import type { ProtocolDefinition } from '../../src/protocol/index.ts'
import { PING, PONG } from './messages.ts'
import type { Ping, Pong } from './messages.ts'

/** What PING asks and PONG answers, without the nonce that pairs them. */
export type PingProtocol = ProtocolDefinition<Omit<Ping, 'nonce'>, Omit<Pong, 'nonce'>>

/**
 * PING/PONG: liveness and round-trip time. The nonce is random and checked, so an answer proves that the question arrived; measure the
 * time with a monotonic clock, never from the timestamps. `now` is Unix milliseconds.
 */
export function ping ({ now }: { readonly now: () => number }): PingProtocol {
  return defineProtocol({
    id: '/tos/{net}/ping/1.0.0',
    messages: { request: PING, response: PONG, correlate: 'nonce' },
    randomIds: true,
    privacy: 'low',
    overRelay: true,
    limits: { perPeer: { count: 60, perMs: 60_000 }, timeoutMs: 10_000 },
    handle: () => ({ timestamp: BigInt(Math.floor(now() / 1000)) })
  })
}
