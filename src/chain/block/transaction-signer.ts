import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { TosError } from '../../errors/index.ts'
import { SIGNATURE_BYTES, encodeTransaction, signedBytes, transactionDomain } from './transaction.ts'
import type { TransactionContent } from './transaction.ts'

/** Signs transactions of one sender for one network. */
export interface TransactionSigner {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly sender: Uint8Array
  /** Transaction bytes, ready to send. Throws `INVALID_VALUE` or `LENGTH_LIMIT`. */
  sign (content: TransactionContent): Uint8Array
  /** The same in libuv's thread pool, for many at once. */
  signAsync (content: TransactionContent): Promise<Uint8Array>
}

// PKCS #8 of an Ed25519 key (RFC 8410 §7) up to the 32 secret bytes
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** `secret` is the 32-byte Ed25519 seed (RFC 8032), or a private `KeyObject`. Throws `INVALID_VALUE`. */
export function createTransactionSigner (secret: Uint8Array | KeyObject, network: string): TransactionSigner {
  const key = secret instanceof Uint8Array ? importSeed(secret) : secret
  if (key.asymmetricKeyType !== 'ed25519' || key.type !== 'private') throw new TosError('INVALID_VALUE', 'transactions are signed with an Ed25519 private key')
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const sender = Buffer.from(jwk.x as string, 'base64url')
  const domain = transactionDomain(network)
  const unsigned = (content: TransactionContent): Uint8Array => encodeTransaction({ ...content, sender, signature: Buffer.alloc(SIGNATURE_BYTES) })
  const complete = (data: Uint8Array, signature: Uint8Array): Uint8Array => {
    data.set(signature, data.length - SIGNATURE_BYTES)
    return data
  }
  return {
    sender,
    sign (content) {
      const data = unsigned(content)
      return complete(data, sign(null, signedBytes(domain, data), key))
    },
    async signAsync (content) {
      const data = unsigned(content)
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      sign(null, signedBytes(domain, data), key, (error, signature) => { if (error === null) resolve(complete(data, signature)); else reject(error) })
      return promise
    }
  }
}

function importSeed (seed: Uint8Array): KeyObject {
  if (seed.length !== 32) throw new TosError('INVALID_VALUE', `an Ed25519 seed has 32 bytes, not ${seed.length}`)
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
}
