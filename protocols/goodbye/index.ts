import { defineStream } from '../../src/protocol/index.ts'
import type { StreamDefinition } from '../../src/protocol/index.ts'
import { GOODBYE } from './messages.ts'
import type { Goodbye } from './messages.ts'

/** Told when a peer says why it hangs up. */
export interface GoodbyeService {
  goodbye (message: Goodbye, peer: string): void
}

/** GOODBYE: why the sender closes the connection next. Informational: it changes no decision of the receiver by itself. */
export function goodbye (service: GoodbyeService): StreamDefinition<Goodbye> {
  return defineStream<Goodbye>({
    id: '/tos/{net}/goodbye/1.0.0',
    messages: [GOODBYE],
    limits: { perPeer: { count: 6, perMs: 60_000 }, openTimeoutMs: 2000 },
    overRelay: true,
    handle: ({ value }, { peer }) => { service.goodbye(value, peer.toString()) }
  })
}
