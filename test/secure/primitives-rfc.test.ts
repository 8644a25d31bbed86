import assert from 'node:assert/strict'
import { test } from 'node:test'
import { both, bytes, hex, noble, node, readVector, seal } from './primitives-support.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

// RFC 8032 §7.1: seed, public key, message, signature
const ED25519 = [
  ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'],
  ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'],
  ['c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', 'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a'],
  ['833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42', 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704']
] as const

// RFC 5869 A.1-A.3: secret, salt, info, output
const HKDF = [
  ['0b'.repeat(22), '000102030405060708090a0b0c', 'f0f1f2f3f4f5f6f7f8f9',
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'],
  [run(0x00, 80), run(0x60, 80), run(0xb0, 80),
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87'],
  ['0b'.repeat(22), '', '',
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8']
] as const

// FIPS 202, the example values NIST publishes for SHA3-256
const SHA3 = [
  [text(''), 'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a'],
  [text('abc'), '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532'],
  [text('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'), '41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376'],
  [new Uint8Array(200).fill(0xa3), '79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787']
] as const

for (const crypto of both) {
  test(`${crypto.name}: ChaCha20-Poly1305 seals as in RFC 8439 §2.8.2 and opens it`, () => {
    const plain = text("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
    const associated = bytes('50515253c0c1c2c3c4c5c6c7')
    const nonce = bytes('070000004041424344454647')
    const aead = crypto.aead(bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'))
    const sealed = seal(aead, nonce, associated, plain)
    assert.equal(hex(sealed),
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
      '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
      '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691')
    assert.equal(hex(aead.open(nonce, associated, sealed)), hex(plain))
  })

  test(`${crypto.name}: X25519 gives the products of RFC 7748 §5.2`, () => {
    const product = (scalar: string, u: string): string => hex(crypto.x25519KeyPair(bytes(scalar)).agree(bytes(u)))
    assert.equal(product('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4', 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'),
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552')
    assert.equal(product('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d', 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493'),
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957')
    let [k, u] = ['09'.padEnd(64, '0'), '09'.padEnd(64, '0')]
    // the thousandth value takes noble two seconds
    const rounds = crypto === node ? 1000 : 1
    for (let i = 1; i <= rounds; i++) {
      [k, u] = [product(k, u), k]
      if (i === 1) assert.equal(k, '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079')
    }
    if (rounds === 1000) assert.equal(k, '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51')
  })

  test(`${crypto.name}: Alice and Bob of RFC 7748 §6.1 agree on their secret`, () => {
    const alice = crypto.x25519KeyPair(bytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'))
    const bob = crypto.x25519KeyPair(bytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'))
    assert.equal(hex(alice.publicKey), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    assert.equal(hex(bob.publicKey), 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
    for (const secret of [alice.agree(bob.publicKey), bob.agree(alice.publicKey)]) {
      assert.equal(hex(secret), '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')
    }
  })

  test(`${crypto.name}: Ed25519 makes and accepts the signatures of RFC 8032 §7.1`, () => {
    for (const [seed, publicKey, message, signature] of ED25519) {
      assert.equal(hex(crypto.signer(bytes(seed))(bytes(message))), signature)
      assert.equal(crypto.verify(bytes(publicKey), bytes(message), bytes(signature)), true, seed)
    }
  })

  test(`${crypto.name}: HKDF-SHA256 gives the outputs of RFC 5869 A.1-A.3`, () => {
    for (const [secret, salt, info, output] of HKDF) assert.equal(hex(crypto.hkdf(bytes(secret), bytes(salt), bytes(info), output.length / 2)), output)
  })

  test(`${crypto.name}: SHA3-256 gives the example values of FIPS 202`, () => {
    for (const [input, digest] of SHA3) assert.equal(hex(crypto.sha3(input)), digest)
  })

  test(`${crypto.name}: the primitives' values of the session vector hold`, () => {
    const v = readVector('session.json') as SessionVector
    const dialler = crypto.x25519KeyPair(bytes(v.dialler.x25519_private))
    const listener = crypto.x25519KeyPair(bytes(v.listener.x25519_private))
    assert.deepEqual([hex(dialler.publicKey), hex(listener.publicKey)], [v.dialler.x25519_public, v.listener.x25519_public])
    assert.equal(hex(dialler.agree(listener.publicKey)), v.x25519_shared_secret)
    assert.equal(hex(listener.agree(dialler.publicKey)), v.x25519_shared_secret)

    const kem = crypto.kemKeyPair(bytes(v.dialler.ml_kem_768_seed))
    assert.equal(v.dialler.x25519_public + hex(kem.publicKey), v.M1)
    assert.equal(hex(kem.decapsulate(bytes(v.ml_kem_768_ciphertext))), v.ml_kem_shared_secret)
    if (crypto === noble) {
      const { ciphertext, sharedSecret } = crypto.encapsulate(kem.publicKey, bytes(v.listener.encapsulation_randomness))
      assert.deepEqual([hex(ciphertext), hex(sharedSecret)], [v.ml_kem_768_ciphertext, v.ml_kem_shared_secret])
    }

    const secret = bytes(v.ml_kem_shared_secret + v.x25519_shared_secret)
    assert.equal(hex(crypto.hkdf(secret, bytes(v.T1), 'tos hs s2c', 32)), v.handshake_key_s2c)
    assert.equal(hex(crypto.hkdf(secret, bytes(v.T3), 'tos exporter', 32)), v.exporter)
    const signed = bytes(hex(text('TOS-SESSION-1 listener')) + v.T1 + v.listener.hello)
    assert.equal(hex(crypto.signer(bytes(v.listener.ed25519_seed))(signed)), v.listener_signature)
    assert.equal(crypto.verify(bytes(v.listener.node_id), signed, bytes(v.listener_signature)), true)
    assert.equal(hex(crypto.sha3(bytes(v.genesis_header))), v.genesis)
    const sealed = bytes(v.M2).subarray(32 + 1088)
    assert.equal(hex(crypto.aead(bytes(v.handshake_key_s2c)).open(new Uint8Array(12), bytes(v.T1), sealed)), v.listener_signature + v.listener.hello)
  })
}

interface Party {
  readonly ed25519_seed: string
  readonly node_id: string
  readonly x25519_private: string
  readonly x25519_public: string
  readonly hello: string
}

interface SessionVector {
  readonly dialler: Party & { readonly ml_kem_768_seed: string }
  readonly listener: Party & { readonly encapsulation_randomness: string }
  readonly genesis_header: string
  readonly genesis: string
  readonly ml_kem_768_ciphertext: string
  readonly ml_kem_shared_secret: string
  readonly x25519_shared_secret: string
  readonly handshake_key_s2c: string
  readonly exporter: string
  readonly listener_signature: string
  readonly M1: string
  readonly M2: string
  readonly T1: string
  readonly T3: string
}

/** `count` bytes counting up from `first`. */
function run (first: number, count: number): string {
  return hex(Uint8Array.from({ length: count }, (_, i) => first + i))
}
