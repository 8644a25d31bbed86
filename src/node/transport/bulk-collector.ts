import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'

/**
 * Traffic between two collections, bytes. Network buffers live outside the heap, where the engine lets 64 MiB of dead ones pile up
 * before it looks: anybody who sends in bulk made a node grow by 97 MiB, and every buffer was cold memory. With this 47 MiB.
 */
export const COLLECT_EVERY_BYTES = 8 * 1024 * 1024

/** `crypto` that calls `collect` once per `every` bytes it has sealed or opened. */
export function collecting (crypto: ICryptoInterface, collect: () => void, every: number = COLLECT_EVERY_BYTES): ICryptoInterface {
  let moved = 0
  const count = (bytes: number): void => {
    moved += bytes
    if (moved < every) return
    moved = 0
    collect()
  }
  return {
    ...crypto,
    chaCha20Poly1305Encrypt (plaintext, nonce, ad, key) {
      count(plaintext.byteLength)
      return crypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key)
    },
    chaCha20Poly1305Decrypt (ciphertext, nonce, ad, key, output) {
      count(ciphertext.byteLength)
      return crypto.chaCha20Poly1305Decrypt(ciphertext, nonce, ad, key, output)
    }
  }
}

/** Runs a collection: of the young generation, or of everything. */
export type Collector = (options: { readonly type: 'minor' | 'major' }) => void

/** A collection of the young generation, about 1 ms; does nothing on an engine that does not offer one. */
export function createYoungCollection (): () => void {
  return () => { engineCollector()({ type: 'minor' }) }
}

let collector: Collector | undefined

/** The engine's own collector, found once; one that does nothing where the engine offers none. */
export function engineCollector (): Collector {
  collector ??= findCollector()
  return collector
}

// V8 gives its collector only to contexts made while the flag stands
function findCollector (): Collector {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  return typeof found === 'function' ? found as Collector : () => {}
}
