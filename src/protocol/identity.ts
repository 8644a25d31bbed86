import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { TosError } from '../errors/index.ts'

/** The libp2p PeerId of a 32-byte node id (identity multihash of an Ed25519 key, WIRE.md §3). Throws `INVALID_VALUE`. */
export function nodeIdToPeerId (nodeId: Uint8Array): PeerId {
  if (nodeId.length !== 32) throw new TosError('INVALID_VALUE', `a node id has 32 bytes, got ${nodeId.length}`)
  return peerIdFromPublicKey(publicKeyFromRaw(nodeId))
}

/** The node id of a peer: its raw Ed25519 public key. Throws `NO_NODE_ID` for RSA and secp256k1 identities. */
export function peerIdToNodeId (peer: PeerId): Uint8Array {
  if (peer.type !== 'Ed25519' || peer.publicKey === undefined) throw new TosError('NO_NODE_ID', `${peer.toString()} is not an Ed25519 identity`)
  return peer.publicKey.raw
}
