import { sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { signingDomain } from './domain.ts'
import { importPrivateKey, rawPublicKey } from './keys.ts'
import { secondMessage } from './signature-check.ts'

/** Signs messages of one network with one key. */
export interface MessageSigner {
  /** Raw Ed25519 key, 32 bytes; with a second key Ed25519 ‖ ML-DSA-65, 1,984 bytes. */
  readonly publicKey: Uint8Array
  /**
   * Signature over the domain of `label` and this network ‖ `body` (WIRE.md §5): 64 bytes, or 64 + 3,309.
   * Throws `INVALID_VALUE` for a label that is none.
   */
  sign (label: string, body: Uint8Array): Uint8Array
  /** The same in libuv's thread pool, for many at once. `body` must not change meanwhile. */
  signAsync (label: string, body: Uint8Array): Promise<Uint8Array>
}

/** What a signer is made of. */
export interface MessageSignerOptions {
  /** Ed25519: the 32-byte seed, which may be wiped afterwards, or a private `KeyObject`. */
  readonly privateKey: Uint8Array | KeyObject
  /** Name of the network, e.g. `mainnet`. */
  readonly network: string
  /** ML-DSA-65, seed or `KeyObject`: adds the second signature, which must ALSO verify. */
  readonly mlDsaKey?: Uint8Array | KeyObject
}

/** One signature to make: over what, with which key, in which ML-DSA context. */
interface Half { readonly data: Uint8Array, readonly key: KeyObject, readonly context?: Uint8Array }

/** Imports the keys once. Ed25519 signatures are deterministic (RFC 8032), ML-DSA-65 ones are hedged (FIPS 204 §3.4). Throws `INVALID_VALUE`. */
export function createMessageSigner ({ privateKey, network, mlDsaKey }: MessageSignerOptions): MessageSigner {
  const first = importPrivateKey('ed25519', privateKey)
  const second = mlDsaKey === undefined ? undefined : importPrivateKey('ml-dsa-65', mlDsaKey)
  const edKey = rawPublicKey('ed25519', first)
  // a wrong network name is told now, not at the first signature
  signingDomain('-', network)

  const halves = (label: string, body: Uint8Array): Half[] => {
    const domain = signingDomain(label, network)
    const plain: Half = { data: Buffer.concat([domain, body]), key: first }
    return second === undefined ? [plain] : [plain, { data: secondMessage(edKey, body), key: second, context: domain }]
  }

  return {
    publicKey: second === undefined ? edKey : Buffer.concat([edKey, rawPublicKey('ml-dsa-65', second)]),
    sign: (label, body) => Buffer.concat(halves(label, body).map(({ data, ...key }) => sign(null, data, key))),
    signAsync: async (label, body) => Buffer.concat(await Promise.all(halves(label, body).map(signInPool)))
  }
}

async function signInPool ({ data, ...key }: Half): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  sign(null, data, key, (error, signature) => { if (error === null) resolve(signature); else reject(error) })
  return promise
}
