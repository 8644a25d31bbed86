import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { scrypt } from '@noble/hashes/scrypt.js'
import { isSealedKey, openSealedKey, SEALED_KEY_BYTES, sealedPublicKey, sealKey } from '../../src/secure/keys/index.ts'
import { DEFAULT_COST } from '../../src/secure/keys/scrypt-cost.ts'

const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
const salt = Uint8Array.from({ length: 32 }, (_, i) => 255 - i)
const cost = { log2N: 4, r: 2, p: 1 }
const HEADER = 75

/** The file with the sum of its bytes mended: what somebody who alters it on purpose would write. */
function mended (file: Uint8Array): Uint8Array {
  const body = file.subarray(0, -8)
  return Buffer.concat([body, hash('sha256', body, 'buffer').subarray(0, 8)])
}

test('the format, written down a second time with other libraries, opens what was sealed', async () => {
  const file = await sealKey(seed, 'correct horse', { cost, salt })
  assert.equal(file.length, SEALED_KEY_BYTES)
  const publicKey = ed25519.getPublicKey(seed)
  const header = Buffer.concat([Buffer.from('TOS-KEY'), Buffer.from([1, 4, 2, 1]), salt, publicKey])
  assert.deepEqual(Buffer.from(file.subarray(0, HEADER)), header)
  const key = scrypt('correct horse', salt, { N: 16, r: 2, p: 1, dkLen: 32 })
  assert.deepEqual(chacha20poly1305(key, new Uint8Array(12), header).decrypt(file.subarray(HEADER, HEADER + 48)), seed)
  assert.deepEqual(mended(file), Buffer.from(file))
})

test('what was sealed opens with its passphrase, shows its public key without one, and never repeats itself', async () => {
  const [one, two] = await Promise.all([sealKey(seed, 'p', { cost }), sealKey(seed, 'p', { cost })])
  assert.notDeepEqual(one, two)
  assert.deepEqual(Buffer.from(await openSealedKey(one, 'p')), Buffer.from(seed))
  assert.deepEqual(Buffer.from(sealedPublicKey(one)), Buffer.from(ed25519.getPublicKey(seed)))
  assert.equal(Buffer.from(one).includes(Buffer.from(seed)), false)
})

test('keyboards that compose letters differently type the same passphrase; any other one is KEY_LOCKED', async () => {
  const file = await sealKey(seed, 'caf\u00e9 \ufb01', { cost })
  assert.deepEqual(Buffer.from(await openSealedKey(file, 'cafe\u0301 fi')), Buffer.from(seed))
  for (const wrong of ['cafe fi', 'Caf\u00e9 fi', 'caf\u00e9 fi ']) await assert.rejects(openSealedKey(file, wrong), { code: 'KEY_LOCKED' })
})

test('a passphrase that cannot be is refused and not repeated', async () => {
  for (const passphrase of ['', 'x'.repeat(1025), 'half \ud83e']) {
    await assert.rejects(sealKey(seed, passphrase, { cost }), error => (error as { code: string }).code === 'INVALID_VALUE' && !JSON.stringify(error).includes('xxx'))
  }
})

test('any single damaged byte is KEY_UNREADABLE, with the right passphrase and before any work', async () => {
  const file = await sealKey(seed, 'p', { cost: { log2N: 14, r: 8, p: 1 } })
  for (let at = 0; at < file.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = Uint8Array.from(file)
      damaged[at] = (damaged[at] as number) ^ flip
      await assert.rejects(openSealedKey(damaged, 'p'), { code: 'KEY_UNREADABLE' }, `byte ${at}`)
      assert.throws(() => sealedPublicKey(damaged), { code: 'KEY_UNREADABLE' }, `byte ${at}`)
    }
  }
  for (const length of [0, 6, 7, 8, 74, 130]) await assert.rejects(openSealedKey(file.subarray(0, length), 'p'), { code: 'KEY_UNREADABLE' })
  await assert.rejects(openSealedKey(Buffer.concat([file, Buffer.alloc(1)]), 'p'), { code: 'KEY_UNREADABLE' })
})

test('any byte altered on purpose, the sum mended, opens nothing either', async () => {
  const file = await sealKey(seed, 'p', { cost })
  for (let at = 0; at < file.length - 8; at++) {
    const altered = Uint8Array.from(file)
    altered[at] = (altered[at] as number) ^ 0x01
    // magic and version, and p, which becomes 0
    const isFormat = at < 8 || at === 10
    await assert.rejects(openSealedKey(mended(altered), 'p'), { code: isFormat ? 'KEY_UNREADABLE' : 'KEY_LOCKED' }, `byte ${at}`)
  }
})

test('a hostile file cannot ask for gigabytes, for minutes or for nothing at all', async () => {
  const file = await sealKey(seed, 'p', { cost })
  const asking = (log2N: number, r: number, p: number): Uint8Array => {
    const altered = Uint8Array.from(file)
    altered.set([log2N, r, p], 8)
    return mended(altered)
  }
  const started = performance.now()
  for (const [log2N, r, p] of [[19, 8, 1], [18, 9, 1], [255, 255, 255], [31, 1, 1], [16, 1, 1], [17, 8, 5], [10, 128, 33], [0, 8, 1], [17, 0, 1], [17, 8, 0]] as const) {
    await assert.rejects(openSealedKey(asking(log2N, r, p), 'p'), { code: 'KEY_UNREADABLE' }, `${log2N} ${r} ${p}`)
  }
  assert.ok(performance.now() - started < 1000, 'refused without the work')
  await assert.rejects(sealKey(seed, 'p', { cost: { log2N: 19, r: 8, p: 1 } }), { code: 'INVALID_VALUE' })
})

test('the default cost is what the README says: 128 MiB', () => {
  assert.equal(128 * 2 ** DEFAULT_COST.log2N * DEFAULT_COST.r, 128 * 1024 ** 2)
})

test('a libp2p key file is not taken for a sealed one', () => {
  assert.equal(isSealedKey(Buffer.from('08011240', 'hex')), false)
  assert.equal(isSealedKey(Buffer.from('TOS-KE')), false)
})
