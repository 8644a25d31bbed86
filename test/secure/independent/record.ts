import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { encodeFrame, headerOf, withoutChecksum } from './frame.ts'
import type { Frame, Header } from './frame.ts'

/** How much a type's size is blurred: protocols/README.md, section 4. */
export type Privacy = 'low' | 'medium' | 'high'

/** Where in a session a frame stands. */
export interface Place { readonly epoch: number, readonly stream: number, readonly counter: bigint }

const NONCE = 12
const TAG = 16
const LARGEST_BUCKET = 16 * 1024

/** At most `log log` bits of the length show: Nikitin et al., PETS 2019. */
function padme (length: number): number {
  const exponent = Math.floor(Math.log2(length))
  const mantissa = Math.floor(Math.log2(exponent)) + 1
  const step = 2 ** (exponent - mantissa)
  return Math.ceil(length / step) * step
}

/** The size a plaintext of `length` bytes is sealed at. */
export function paddedSize (length: number, privacy: Privacy): number {
  if (privacy === 'low') return length
  if (length > LARGEST_BUCKET) return padme(length)
  const buckets = privacy === 'medium' ? [256, 512, 1024, 2048, 4096, 8192, LARGEST_BUCKET] : [512, 1024, 2048, 4096, LARGEST_BUCKET]
  return buckets.find(bucket => bucket >= length) as number
}

const nonceOf = ({ epoch, stream, counter }: Place): Uint8Array => {
  const nonce = new Uint8Array(NONCE)
  const view = new DataView(nonce.buffer)
  view.setUint32(0, epoch * 2 ** 24 + stream)
  view.setBigUint64(4, counter)
  return nonce
}

/** The bytes of a sealed frame. */
export function sealFrame (key: Uint8Array, place: Place, header: Header, payload: Uint8Array, privacy: Privacy): Uint8Array {
  const plain = new Uint8Array(paddedSize(payload.length, privacy))
  plain.set(payload)
  const nonce = nonceOf(place)
  const head = headerOf(header, NONCE + plain.length + TAG)
  return encodeFrame(head, concatBytes(nonce, chacha20poly1305(key, nonce, head).encrypt(plain)))
}

/** What a sealed frame says and where it stands; the padding is still on. Throws when the tag is wrong. */
export function openFrame (key: Uint8Array, { header, payload }: Frame): { readonly place: Place, readonly plain: Uint8Array } {
  const nonce = payload.slice(0, NONCE)
  const plain = chacha20poly1305(key, nonce, withoutChecksum(header)).decrypt(payload.slice(NONCE))
  const view = new DataView(nonce.buffer)
  return { place: { epoch: view.getUint8(0), stream: view.getUint32(0) % 2 ** 24, counter: view.getBigUint64(4) }, plain }
}
