import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TosErrorCode } from '../../src/errors/index.ts'
import type { SessionCrypto } from '../../src/secure/session-crypto.ts'
import { both, noble, node, seal, throwsCode } from './primitives-support.ts'

const sized = (size: number): Uint8Array => new Uint8Array(size).fill(6)
const around = (size: number): number[] => [0, size - 1, size + 1]

/** What is passed, its size, the code for another one, and the call. */
const SIZES: ReadonlyArray<readonly [string, number, TosErrorCode, (crypto: SessionCrypto, bytes: Uint8Array) => unknown]> = [
  ['the X25519 key of the peer', 32, 'HANDSHAKE_FAILED', (crypto, bytes) => crypto.x25519KeyPair().agree(bytes)],
  ['the ML-KEM ciphertext of the peer', 1088, 'HANDSHAKE_FAILED', (crypto, bytes) => crypto.kemKeyPair().decapsulate(bytes)],
  ['the X25519 seed', 32, 'INVALID_VALUE', (crypto, bytes) => crypto.x25519KeyPair(bytes)],
  ['the ML-KEM seed', 64, 'INVALID_VALUE', (crypto, bytes) => crypto.kemKeyPair(bytes)],
  ['the Ed25519 seed', 32, 'INVALID_VALUE', (crypto, bytes) => crypto.signer(bytes)],
  ['the AEAD key', 32, 'INVALID_VALUE', (crypto, bytes) => crypto.aead(bytes)],
  ['the nonce to seal', 12, 'INVALID_VALUE', (crypto, bytes) => seal(crypto.aead(sized(32)), bytes, sized(60), sized(10))]
]

for (const crypto of both) {
  test(`${crypto.name}: one byte more or less of any input gives its code, the right size none`, () => {
    for (const [what, size, code, call] of SIZES) {
      call(crypto, sized(size))
      for (const wrong of around(size)) throwsCode(code, () => call(crypto, sized(wrong)), `${what} of ${wrong} bytes`)
    }
  })

  test(`${crypto.name}: an ML-KEM key of another size is HANDSHAKE_FAILED, one of the right size not`, () => {
    const { publicKey } = crypto.kemKeyPair()
    assert.equal(crypto.encapsulate(publicKey).ciphertext.length, 1088)
    throwsCode('HANDSHAKE_FAILED', () => crypto.encapsulate(publicKey.subarray(1)))
    throwsCode('HANDSHAKE_FAILED', () => crypto.encapsulate(Uint8Array.of(...publicKey, 0)))
    throwsCode('HANDSHAKE_FAILED', () => crypto.encapsulate(new Uint8Array(0)))
  })

  test(`${crypto.name}: an Ed25519 key or signature of another size is false, as peers choose both`, () => {
    const sign = crypto.signer(sized(32))
    const message = sized(5)
    const signature = sign(message)
    const key = publicKeyOfSeed()
    assert.equal(crypto.verify(key, message, signature), true)
    for (const size of around(32)) assert.equal(crypto.verify(resized(key, size), message, signature), false, `key of ${size}`)
    for (const size of around(64)) assert.equal(crypto.verify(key, message, resized(signature, size)), false, `signature of ${size}`)
  })

  test(`${crypto.name}: sealed bytes shorter than a tag are SEAL_BROKEN; a tag alone seals the empty frame`, () => {
    const aead = crypto.aead(sized(32))
    const sealed = seal(aead, sized(12), sized(60), new Uint8Array(0))
    assert.equal(sealed.length, 16)
    assert.equal(aead.open(sized(12), sized(60), sealed).length, 0)
    for (const size of [0, 1, 15]) throwsCode('SEAL_BROKEN', () => aead.open(sized(12), sized(60), sealed.subarray(0, size)))
    for (const size of around(12)) throwsCode('INVALID_VALUE', () => aead.open(sized(size), sized(60), sealed))
  })

  test(`${crypto.name}: a range that leaves no room for the tag is refused before a byte is written`, () => {
    const aead = crypto.aead(sized(32))
    for (const [start, length] of [[0, 25], [1, 24], [-1, 10], [0, -1], [41, 0], [Number.NaN, 1], [0, Number.NaN], [0, Infinity]] as const) {
      const buffer = sized(40)
      throwsCode('INVALID_VALUE', () => { aead.seal(sized(12), sized(60), buffer, start, length) }, `${start} + ${length}`)
      assert.deepEqual(buffer, sized(40))
    }
    aead.seal(sized(12), sized(60), sized(40), 0, 24)
  })

  test(`${crypto.name}: HKDF takes 1,024 bytes of info and gives 1 to 8,160`, () => {
    const derive = (info: string | Uint8Array, length: number): Uint8Array => crypto.hkdf(sized(32), sized(32), info, length)
    assert.equal(derive(sized(1024), 8160).length, 8160)
    assert.equal(derive('é'.repeat(512), 1).length, 1)
    for (const length of [0, -1, 8161, 1.5, Number.NaN]) throwsCode('INVALID_VALUE', () => derive('', length), `${length} bytes`)
    for (const info of [sized(1025), 'a'.repeat(1025), 'é'.repeat(513)]) throwsCode('INVALID_VALUE', () => derive(info, 32), 'long info')
  })
}

test('a given randomness: noble takes 32 bytes, OpenSSL refuses any, neither goes on without it', () => {
  const { publicKey } = noble.kemKeyPair()
  for (const size of around(32)) throwsCode('INVALID_VALUE', () => noble.encapsulate(publicKey, sized(size)), `${size} bytes`)
  throwsCode('INVALID_VALUE', () => node.encapsulate(publicKey, sized(32)))
})

test('the browser implementation reaches no module of Node', () => {
  const seen = new Set<string>()
  const visit = (file: URL): void => {
    if (seen.has(file.href)) return
    seen.add(file.href)
    const source = readFileSync(file, 'utf8')
    assert.doesNotMatch(source, /from 'node:|\bBuffer\.|\bprocess\./, file.pathname)
    for (const [, target] of source.matchAll(/from '(\.[^']+)'/g)) visit(new URL(target as string, file))
  }
  visit(new URL('../../src/secure/noble-crypto.ts', import.meta.url))
  assert.ok(seen.size >= 7, `${seen.size} files read`)
})

/** The public key of the seed `sized(32)`. */
function publicKeyOfSeed (): Uint8Array {
  return Uint8Array.from(Buffer.from('8a875fff1eb38451577acd5afee405456568dd7c89e090863a0557bc7af49f17', 'hex'))
}

function resized (bytes: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(size)
  copy.set(bytes.subarray(0, size))
  return copy
}
