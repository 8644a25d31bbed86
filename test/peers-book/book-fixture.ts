import { createHash } from 'node:crypto'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { createAddressBook } from '../../src/peers/book/index.ts'
import type { AddressBook, AddressBookOptions, BookStore } from '../../src/peers/book/index.ts'

/** A fixed wall-clock time, ms. */
export const NOW = 1_800_000_000_000
export const MINUTE = 60_000
export const DAY = 86_400_000

/** The same numbers in [0, 1) for the same seed (mulberry32). */
export function seeded (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = state + 0x6d2b79f5 >>> 0
    let t = Math.imul(state ^ state >>> 15, state | 1)
    t ^= t + Math.imul(t ^ t >>> 7, t | 61)
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32
  }
}

/** A store in memory. */
export function memoryStore (bytes?: Uint8Array): BookStore & { bytes: Uint8Array | undefined, saves: number } {
  return {
    bytes,
    saves: 0,
    load () { return this.bytes },
    save (next) {
      this.bytes = next
      this.saves++
    }
  }
}

/** A book whose secret and randomness come from `seed`. */
export function testBook (seed: number, options: Partial<AddressBookOptions> = {}): AddressBook {
  return createAddressBook({
    store: memoryStore(),
    random: seeded(seed),
    randomBytes: length => new Uint8Array(createHash('sha256').update(`key ${seed}`).digest().subarray(0, length)),
    ...options
  })
}

/** A public IPv4 address: network group `group` (up to 20,000), host `host` in it. */
export function ip (group: number, host: number): string {
  // 11.0.0.0 to 99.255.255.255 holds no special range
  return `${11 + Math.floor(group / 256) % 88}.${group % 256}.${host >> 8 & 255}.${host & 255}`
}

export function address (group: number, host: number): string {
  return `/ip4/${ip(group, host)}/tcp/2080`
}

const ids = await Promise.all(Array.from({ length: 64 }, async (_, i) =>
  peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(i + 1))).toString()))

/** One of 64 fixed peer ids. */
export function peer (i: number): string {
  return ids[i % ids.length] as string
}
