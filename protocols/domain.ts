import { concatBytes, utf8Bytes } from '../src/wire/bytes.ts'

/** Domain separation of everything signed: label ‖ 0x00 ‖ u8 length of the network name ‖ network name (WIRE.md §5). */
export function domainPrefix (label: string, network: string): Uint8Array {
  return concatBytes(utf8Bytes(label), Uint8Array.of(0, network.length), utf8Bytes(network))
}
