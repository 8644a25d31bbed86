import { TosError } from '../../errors/index.ts'

/** Longest label, characters. With the longest network name the domain stays below the 255 bytes ML-DSA allows as its context. */
const MAX_LABEL = 64

/**
 * What stands in front of everything signed: label ‖ 0x00 ‖ u8 length of the network name ‖ network name (WIRE.md §5).
 *
 * A label is printable ASCII without spaces, 1 to 64 characters; a network `[a-z0-9-]{1,32}`. So no two pairs of label and
 * network give the same bytes, and none is the beginning of another. Throws `INVALID_VALUE`.
 */
export function signingDomain (label: string, network: string): Uint8Array {
  if (label.length > MAX_LABEL || !/^[\x21-\x7e]+$/.test(label)) throw new TosError('INVALID_VALUE', 'a signing label has 1 to 64 printable ASCII characters')
  if (!/^[a-z0-9-]{1,32}$/.test(network)) throw new TosError('INVALID_VALUE', 'a network name has 1 to 32 characters of a-z, 0-9 and -')
  return Buffer.concat([Buffer.from(label), Uint8Array.of(0, network.length), Buffer.from(network)])
}
