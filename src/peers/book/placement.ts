import { hash } from 'node:crypto'
import { isNameAddress } from './book-address.ts'
import type { BookAddress } from './book-address.ts'

/** Sizes of the tables (SECURITY §1, E2). */
export const NEW_BUCKETS = 1024
export const TRIED_BUCKETS = 256
export const BUCKET_SIZE = 64
/** Buckets of `new` one source group can reach, and of `tried` one address group can. */
const NEW_PER_SOURCE = 64
const TRIED_PER_GROUP = 8

/** Says where an address belongs; only who knows the key can tell. A slot is bucket × 64 + place in the bucket. */
export interface Placement {
  newSlot (address: BookAddress, source: string): number
  triedSlot (address: BookAddress): number
}

/**
 * Placement by keyed hash: a source group reaches 64 buckets of `new`, an address group 8 of `tried`, whatever addresses it makes up.
 * SHA-256 over key and text serves as the keyed function: only a few bits of it ever show, so it cannot be extended.
 */
export function createPlacement (key: Uint8Array): Placement {
  const secret = Buffer.from(key).toString('hex')
  // canonical addresses and groups hold no line breaks, so the parts cannot run into each other
  const keyed = (tag: string, first: string, second: string | number = ''): number =>
    Number.parseInt(hash('sha256', `${secret}\n${tag}\n${first}\n${second}`).slice(0, 8), 16)
  return {
    newSlot (address, source) {
      const choice = keyed('new-choice', bucketGroup(address), source) % NEW_PER_SOURCE
      const bucket = keyed('new-bucket', source, choice) % NEW_BUCKETS
      return bucket * BUCKET_SIZE + keyed('new-place', address.text, bucket) % BUCKET_SIZE
    },
    triedSlot (address) {
      const choice = keyed('tried-choice', address.text) % TRIED_PER_GROUP
      const bucket = keyed('tried-bucket', bucketGroup(address), choice) % TRIED_BUCKETS
      return bucket * BUCKET_SIZE + keyed('tried-place', address.text, bucket) % BUCKET_SIZE
    }
  }
}

/** Names cost nothing while addresses do: all names together reach as far as one network group. */
function bucketGroup (address: BookAddress): string {
  return isNameAddress(address) ? 'name' : address.group
}
