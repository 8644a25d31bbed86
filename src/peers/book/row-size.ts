import { isNameAddress } from './book-address.ts'
import type { BookAddress } from './book-address.ts'
import type { Entry } from './entry.ts'
import { RAW_KEY_LENGTH } from './peer-key.ts'

/** Bytes of a row beside address, peer and places: flags, services, node type, three times, failures, number of places. */
const FIXED_BYTES = 1 + 8 + 1 + 3 * 4 + 1 + 1
/** Slot u16, number of the source u24. */
const PLACE_BYTES = 2 + 3
/** Magic, version, key, three counts, digest, two anchors of the longest kind: what a file needs beside rows and sources. */
export const FRAME_BYTES = 1024

/** Bytes of an address in the file: kind, transport, port, then the host. */
function addressBytes (address: BookAddress): number {
  return 4 + (isNameAddress(address) ? 1 : 0) + address.host.length
}

/** Bytes of an entry in the file, exactly; its sources stand apart. */
export function rowBytes ({ address, peer, places }: Pick<Entry, 'address' | 'peer' | 'places'>): number {
  const peerBytes = peer === undefined ? 0 : peer.length === RAW_KEY_LENGTH ? RAW_KEY_LENGTH : 1 + peer.length
  return FIXED_BYTES + addressBytes(address) + peerBytes + places.length * PLACE_BYTES
}

/** Bytes of the name of a source in the file. */
export function sourceBytes (source: string): number {
  return 1 + source.length
}
