import { DiallerHandshake, ListenerHandshake } from '../../src/secure/handshake.ts'
import type { HandshakeOptions } from '../../src/secure/handshake.ts'
import type { Hello } from '../../src/secure/hello.ts'
import type { SessionCrypto } from '../../src/secure/session-crypto.ts'
import type { SessionParties } from '../../src/secure/transcript.ts'

/** An identity of a test: a constant seed and what follows from it. */
export interface Identity {
  readonly seed: Uint8Array
  readonly nodeId: Uint8Array
  /** Multihash bytes. */
  readonly peerId: Uint8Array
}

const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

/** The identity whose raw public key is `nodeId`. */
export function identity (seed: Uint8Array, nodeId: Uint8Array): Identity {
  return { seed, nodeId, peerId: Buffer.concat([PEER_ID_PREFIX, nodeId]) }
}

/** A Hello that breaks no rule. */
export const GOOD_HELLO: Hello = { genesis: new Uint8Array(32).fill(9), nodeType: 0, services: 1n, height: 7n, tips: [], userAgent: 'test/1' }

/** Everything both sides of a handshake bring; a test replaces what it attacks. */
export function sideOptions (crypto: SessionCrypto, us: Identity, them: Identity, parties: SessionParties, changes: Partial<HandshakeOptions> = {}): HandshakeOptions {
  return { crypto, parties, hello: GOOD_HELLO, sign: crypto.signer(us.seed), remote: them.nodeId, ...changes }
}

/** A whole handshake, as a wire tap sees it, with both results. */
export function runHandshake (dialler: HandshakeOptions, listener: HandshakeOptions): { m1: Uint8Array, m2: Uint8Array, m3: Uint8Array, ours: ReturnType<DiallerHandshake['finish']>, theirs: ReturnType<ListenerHandshake['finish']> } {
  const dialling = new DiallerHandshake(dialler)
  const answering = new ListenerHandshake(listener, dialling.m1)
  const ours = dialling.finish(answering.m2)
  return { m1: dialling.m1, m2: answering.m2, m3: ours.m3, ours, theirs: answering.finish(ours.m3) }
}
