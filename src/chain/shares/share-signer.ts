import { createPrivateKey, createPublicKey } from 'node:crypto'
import { shareSigningBytes } from '../../../protocols/index.ts'
import type { MiningShare } from '../../../protocols/index.ts'
import { createNodeCrypto } from '../../secure/index.ts'

/** Everything of a share but who signs it. */
export type ShareContent = Omit<MiningShare, 'minerId' | 'signature'>

/** Signs shares with one key. */
export interface ShareSigner {
  /** Raw Ed25519 public key, 32 bytes: the `minerId` of what it signs. */
  readonly minerId: Uint8Array
  /** Throws the wire codes for a field out of range. */
  sign (content: ShareContent): MiningShare
}

/** `seed` is the 32-byte Ed25519 secret (RFC 8032). Throws `INVALID_VALUE`. */
export function createShareSigner (seed: Uint8Array, network: string): ShareSigner {
  const sign = createNodeCrypto().signer(seed)
  const key = createPrivateKey({ key: Buffer.from(seed), format: 'raw-private', asymmetricKeyType: 'ed25519' })
  const minerId = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x as string, 'base64url')
  return {
    minerId,
    sign (content) {
      const share = { ...content, minerId }
      return { ...share, signature: sign(shareSigningBytes(share, network)) }
    }
  }
}
