import type { ApplicationKeys } from './key-schedule.ts'
import type { SessionAead, SessionCrypto } from './session-crypto.ts'
import { StreamNumbers } from './stream-numbers.ts'

/** Which end of the connection we are; the dialler opened it. */
export type SessionRole = 'dialler' | 'listener'

/** The part of a stream that a session touches: it ends streams whose keys it erases. */
export interface SealedStream {
  abort (error: Error): void
  addEventListener (type: 'close', listener: () => void, options?: { readonly once?: boolean }): void
}

/** The keys of one exchange and what was used of them. */
export interface Epoch {
  readonly number: number
  readonly send: SessionAead
  readonly receive: SessionAead
  readonly exporter: Uint8Array
  /** Numbers of the streams we open, and those the other side has used. */
  readonly ours: StreamNumbers
  readonly theirs: StreamNumbers
  /** Both directions together. */
  frames: number
  bytes: number
  /** Monotonic ms. */
  readonly since: number
  /** Streams that run on these keys, to be ended with them. */
  readonly streams: Set<SealedStream>
}

/** Takes over the keys of a finished exchange; the arrays that held them are wiped. */
export function createEpoch (crypto: SessionCrypto, role: SessionRole, number: number, { c2s, s2c, exporter }: ApplicationKeys, since: number): Epoch {
  const dialler = role === 'dialler'
  const epoch: Epoch = {
    number,
    send: crypto.aead(dialler ? c2s : s2c),
    receive: crypto.aead(dialler ? s2c : c2s),
    exporter,
    ours: new StreamNumbers(dialler ? 1 : 2),
    theirs: new StreamNumbers(dialler ? 2 : 1),
    frames: 0,
    bytes: 0,
    since,
    streams: new Set()
  }
  c2s.fill(0)
  s2c.fill(0)
  return epoch
}
