import { noise } from '@chainsafe/libp2p-noise'
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'
import type { ConnectionEncrypter } from '@libp2p/interface'
import { collecting, createYoungCollection } from './bulk-collector.ts'
import { createNoiseCrypto } from './noise-crypto.ts'
import type { SmallAead } from './noise-crypto.ts'
import { quietDecoder } from './quiet-decoder.ts'

type NoiseFactory = (...args: Parameters<ReturnType<typeof noise>>) => ConnectionEncrypter

/**
 * Below this noise's own WebAssembly seals and opens. A native cipher costs 4 µs to create before it begins: 100 B take 3.5 µs against
 * 8, 600 B 9 against 10, 2 KiB 36 against 13. In a busy loop the two meet at 768 B; but small messages travel alone, between two waits,
 * and there creating a cipher is dearer still: single requests of 1 KiB are a tenth faster this way. From 1,200 B on the library's
 * own choice is a native cipher with a raw key, the slowest of all.
 */
export const SMALL_MESSAGE_BYTES = 1200

/** Noise with imported keys kept for the life of each connection, the library's own cipher for small messages, and a collection per 8 MiB. */
export function tunedNoise (): NoiseFactory {
  return components => {
    const small = stockAead(noise()(components))
    return quietDecoder(noise({ crypto: collecting(createNoiseCrypto(small), createYoungCollection()) })(components))
  }
}

/**
 * The cipher a stock noise instance runs on. The member is public in the library but absent from the published type: where
 * it is missing all messages take the native path, and `test/node-transport` fails so that somebody looks.
 */
export function stockAead (instance: object): SmallAead | undefined {
  const { crypto } = instance as { crypto?: { encrypt?: ICryptoInterface['chaCha20Poly1305Encrypt'], decrypt?: ICryptoInterface['chaCha20Poly1305Decrypt'] } }
  if (typeof crypto?.encrypt !== 'function' || typeof crypto.decrypt !== 'function') return undefined
  return { seal: crypto.encrypt, open: crypto.decrypt, belowBytes: SMALL_MESSAGE_BYTES }
}
