import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'

/**
 * A peer as the book holds it: the 32 bytes of an Ed25519 key as characters 0 to 255, or the (longer) text of any other peer id.
 * A short string costs a third of a byte array, and the book holds thousands.
 */
export type PeerKey = string

/** Characters of a key in bytes. */
export const RAW_KEY_LENGTH = 32
/** Longest text of a peer id the book keeps, characters. */
const MAX_PEER_TEXT = 100

/** Reads the text form of a peer id; undefined when it is none. */
export function peerKey (peer: string): PeerKey | undefined {
  if (peer.length > MAX_PEER_TEXT) return undefined
  try {
    const id = peerIdFromString(peer)
    return id.type === 'Ed25519' ? Buffer.from(id.publicKey.raw).toString('latin1') : id.toString()
  } catch {
    // libp2p throws a dozen different errors for text that is no peer id
    return undefined
  }
}

/** The text form of a peer. */
export function peerText (key: PeerKey): string {
  return key.length === RAW_KEY_LENGTH ? peerIdFromPublicKey(publicKeyFromRaw(Buffer.from(key, 'latin1'))).toString() : key
}
