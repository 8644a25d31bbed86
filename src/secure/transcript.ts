import type { SessionCrypto } from './session-crypto.ts'

/** First part of every transcript hash: another version of the handshake can never be mistaken for this one. */
const LABEL = 'TOS-SESSION-1'

const utf8 = new TextEncoder()

/** SHA3-256 over parts that are each preceded by their length (u32 LE), so that no byte can move from one part to the next (WIRE.md §6). */
export function transcriptHash (crypto: Pick<SessionCrypto, 'sha3'>, parts: readonly Uint8Array[]): Uint8Array {
  const framed = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0))
  const view = new DataView(framed.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length, true)
    framed.set(part, at + 4)
    at += 4 + part.length
  }
  return crypto.sha3(framed)
}

/** Who speaks with whom, and which exchange of the connection this is. */
export interface SessionParties {
  readonly network: string
  /** Multihash bytes of the peer ids. */
  readonly dialler: Uint8Array
  readonly listener: Uint8Array
  /** 0 for the first exchange of a connection, one more for each rekey. */
  readonly epoch: number
}

/**
 * T1: network, both peer ids, M1 and the listener's half. From the second exchange on the epoch is a part of its own: the first one's
 * hash is that of a peer which knows no rekey.
 */
export function firstTranscript (crypto: SessionCrypto, { network, dialler, listener, epoch }: SessionParties, m1: Uint8Array, share: Uint8Array): Uint8Array {
  return transcriptHash(crypto, [
    utf8.encode(LABEL), utf8.encode(network), dialler, listener,
    ...(epoch === 0 ? [] : [Uint8Array.of(epoch)]),
    m1, share
  ])
}

/** What a side signs: its role, the transcript so far and its own Hello. */
export function signedBytes (role: 'dialler' | 'listener', transcript: Uint8Array, hello: Uint8Array): Uint8Array {
  const label = utf8.encode(`${LABEL} ${role}`)
  const message = new Uint8Array(label.length + transcript.length + hello.length)
  message.set(label)
  message.set(transcript, label.length)
  message.set(hello, label.length + transcript.length)
  return message
}
