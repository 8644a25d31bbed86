import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, concatBytes, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import * as fc from '../support/fast-check.ts'
import { isStrictPoint } from '../../src/secure/ed25519-points.ts'
import { both, bytes, hex } from './primitives-support.ts'

const { Point } = ed25519
const L = Point.Fn.ORDER
const P = 2n ** 255n - 19n
const EIGHTH = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
const torsion = (n: number): typeof EIGHTH => n % 8 === 0 ? Point.ZERO : EIGHTH.multiplyUnsafe(BigInt(n % 8))
const SMALL = Array.from({ length: 8 }, (_, n) => torsion(n).toBytes())

// y = 0 and 1 written as p and p + 1, and x = 0 with its sign bit set: small points by encodings of their own
const SMALL_ODD = [
  ...[P, P + 1n].flatMap(y => [numberToBytesLE(y, 32), numberToBytesLE(y + 2n ** 255n, 32)]),
  numberToBytesLE(1n + 2n ** 255n, 32), numberToBytesLE(P - 1n + 2n ** 255n, 32)
]

test('the eight points of small order, and six more spellings of them, are refused as keys: any message would verify', () => {
  assert.equal(new Set(SMALL.map(hex)).size, 8)
  for (const key of [...SMALL, ...SMALL_ODD]) {
    // for a key of order 1, 2, 4 or 8, R = [s]B fits one message in eight or more
    const signature = concatBytes(Point.BASE.multiply(5n).toBytes(), numberToBytesLE(5n, 32))
    const forged = Array.from({ length: 64 }, (_, n) => Uint8Array.of(n)).find(message => equationHolds(key, message, signature))
    assert.ok(forged !== undefined, `no forgery found under ${hex(key)}: the test would prove nothing`)
    for (const crypto of both) assert.equal(crypto.verify(key, forged, signature), false, `${crypto.name}, key ${hex(key)}`)
  }
})

test('an R of small order is refused, though the equation holds', () => {
  const seed = new Uint8Array(32).fill(3)
  const { scalar, pointBytes: key } = ed25519.utils.getExtendedPublicKey(seed)
  for (const [n, r] of SMALL.entries()) {
    const message = Uint8Array.of(n)
    const signature = signWith(scalar, 0n, key, r, message)
    if (n === 0) assert.ok(equationHolds(key, message, signature))
    for (const crypto of both) assert.equal(crypto.verify(key, message, signature), false, `${crypto.name}, R ${hex(r)}`)
  }
})

test('mixed-order keys and R count without the cofactor: accepted exactly when the equation itself holds', () => {
  // noble's own verify would accept all of these
  let accepted = 0
  fc.assert(fc.property(fc.bigInt({ min: 1n, max: L - 1n }), fc.bigInt({ min: 1n, max: L - 1n }), fc.nat(7), fc.nat(7), fc.uint8Array({ maxLength: 40 }), (a, r, i, j, message) => {
    const key = Point.BASE.multiply(a).add(torsion(i)).toBytes()
    const signature = signWith(a, r, key, Point.BASE.multiply(r).add(torsion(j)).toBytes(), message)
    const expected = equationHolds(key, message, signature)
    accepted += Number(expected)
    for (const crypto of both) assert.equal(crypto.verify(key, message, signature), expected, crypto.name)
  }), { numRuns: 30, seed: 2 })
  assert.ok(accepted >= 2 && accepted < 20, `${accepted} of 30 accepted`)
})

test('S + L, S = L and S with its top bits set are refused', () => {
  const seed = new Uint8Array(32).fill(4)
  const key = ed25519.getPublicKey(seed)
  const message = bytes('00')
  for (const crypto of both) {
    const signature = Uint8Array.from(crypto.signer(seed)(message))
    const withS = (s: bigint): Uint8Array => concatBytes(signature.subarray(0, 32), numberToBytesLE(s, 32))
    const s = bytesToNumberLE(signature.subarray(32))
    assert.equal(crypto.verify(key, message, withS(s)), true)
    for (const other of [s + L, s + 2n * L, L, 2n ** 256n - 1n, s + 2n ** 255n]) assert.equal(crypto.verify(key, message, withS(other)), false, `${crypto.name}, S ${other}`)
  }
})

test('the table of refused encodings is exactly: y at or above p, and the points of small order', () => {
  for (const key of [...SMALL, ...SMALL_ODD]) assert.equal(isStrictPoint(key), false, hex(key))
  for (let y = P - 40n; y < 2n ** 255n; y++) {
    for (const sign of [0n, 2n ** 255n]) assert.equal(isStrictPoint(numberToBytesLE(y + sign, 32)), y < P - 1n, `y = p + ${y - P}`)
  }
  const tables = new Set(SMALL.map(small => bytesToNumberLE(small) % 2n ** 255n))
  // neighbours of every refused y, one bit away each, are not refused for it
  for (const small of tables) {
    for (let bit = 0n; bit < 255n; bit++) {
      const y = small ^ 1n << bit
      assert.equal(isStrictPoint(numberToBytesLE(y, 32)), y < P && !tables.has(y), `y ${small}, bit ${bit}`)
    }
  }
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), encoding => {
    const y = bytesToNumberLE(encoding) % 2n ** 255n
    assert.equal(isStrictPoint(encoding), y < P && !tables.has(y))
  }))
})

test('this Node refuses keys and R of small order by itself (24.21 and later), so both guards agree', { skip: olderThan(24, 21) }, () => {
  const seed = new Uint8Array(32).fill(3)
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed)
  const native = (raw: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
    verify(null, message, createPublicKey({ key: Buffer.from(raw), format: 'raw-public', asymmetricKeyType: 'ed25519' }), signature)
  const signature = concatBytes(Point.BASE.multiply(5n).toBytes(), numberToBytesLE(5n, 32))
  for (const key of [...SMALL, ...SMALL_ODD]) {
    for (let n = 0; n < 24; n++) assert.equal(native(key, Uint8Array.of(n), signature), false, hex(key))
  }
  assert.equal(native(pointBytes, Uint8Array.of(0), signWith(scalar, 0n, pointBytes, SMALL[0] as Uint8Array, Uint8Array.of(0))), false)
})

/** [S]B - [k]A = R with both points decoded as loosely as can be: the bare equation, no rule of form. */
function equationHolds (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32)
  const k = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(r, key, message))))
  const s = bytesToNumberLE(signature.subarray(32))
  return Point.BASE.multiplyUnsafe(s).equals(Point.fromBytes(r, true).add(Point.fromBytes(key, true).multiplyUnsafe(k)))
}

/** R as given and S = r + k a: a signature by someone who chooses the points. */
function signWith (a: bigint, r: bigint, key: Uint8Array, R: Uint8Array, message: Uint8Array): Uint8Array {
  const k = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(R, key, message))))
  return concatBytes(R, numberToBytesLE(Point.Fn.create(r + k * a), 32))
}

function olderThan (major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
  return ownMajor < major || (ownMajor === major && ownMinor < minor)
}
