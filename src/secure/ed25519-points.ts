/** The two y coordinates of the four points of order 8, little-endian. */
const ORDER_8 = [
  Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'),
  Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex')
] as const

/**
 * True when `bytes[0..32]` encodes y canonically (y < p = 2^255 - 19) and the point is not of small order: order 1, 2, 4 or 8, which are
 * y = 1, p - 1, 0 and the two above, whatever the sign bit. Says nothing about whether the point is on the curve.
 *
 * Node's own check came with 24.21 and the project runs on older ones; a Node without it would sign off forgeries under such keys.
 */
export function isStrictPoint (bytes: Uint8Array): boolean {
  const first = bytes[0] as number
  // the top byte alone clears 98 of 100 honest points
  switch ((bytes[31] as number) & 0x7f) {
    // p - 1 and everything from p on
    case 0x7f: return !(first >= 0xec && middleIs(bytes, 0xff))
    case 0x00: return !(first <= 1 && middleIs(bytes, 0))
    case 0x7a: return !sameY(bytes, ORDER_8[0])
    case 0x05: return !sameY(bytes, ORDER_8[1])
    default: return true
  }
}

function middleIs (bytes: Uint8Array, value: number): boolean {
  for (let i = 1; i < 31; i++) if (bytes[i] !== value) return false
  return true
}

/** The sign bit is left out: the caller has compared the last byte. */
function sameY (bytes: Uint8Array, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (bytes[i] !== y[i]) return false
  return true
}
