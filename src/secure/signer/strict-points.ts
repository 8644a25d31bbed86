/** y of the points whose order divides 8, little-endian without the sign bit (RFC 8032 §5.1.2): 0, 1, −1 and the two of order 8. */
const SMALL_ORDER_Y = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'
].map(hex => Buffer.from(hex, 'hex'))

/** L, the order of the base point, little-endian: 2^252 + 27742317777372353535851937790883648493. */
const ORDER = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex')

/**
 * Is this Ed25519 public key one that strict verification may use: 32 bytes, y below 2^255 − 19, not of small order?
 * Small-order keys accept signatures nobody made; a second encoding of a key would be a second identity of its owner.
 * Whether the point lies on the curve is left to the verification.
 */
export function isStrictKey (key: Uint8Array): boolean {
  return key.length === 32 && isCanonicalY(key) && !isSmallOrder(key)
}

/**
 * Is this signature, 64 bytes R ‖ S, one that strict verification may accept: R not of small order, S below L?
 * OpenSSL refuses both as well, but not in every version the project runs on. A non-canonical R fails by itself: it is compared as bytes.
 */
export function isStrictSignature (signature: Uint8Array): boolean {
  return signature.length === 64 && !isSmallOrder(signature) && isBelowOrder(signature)
}

function isCanonicalY (point: Uint8Array): boolean {
  // p is ed, 30 times ff, 7f: too large is only what has all of these ff and begins with ed..ff
  if (((point[31] as number) | 0x80) !== 0xff || (point[0] as number) < 0xed) return true
  for (let i = 1; i < 31; i++) if (point[i] !== 0xff) return true
  return false
}

function isSmallOrder (bytes: Uint8Array): boolean {
  return SMALL_ORDER_Y.some(y => y[0] === bytes[0] && equalPoint(y, bytes))
}

function equalPoint (y: Uint8Array, bytes: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (y[i] !== bytes[i]) return false
  return y[31] === ((bytes[31] as number) & 0x7f)
}

function isBelowOrder (signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = signature[32 + i] as number
    const limit = ORDER[i] as number
    if (byte !== limit) return byte < limit
  }
  return false
}
