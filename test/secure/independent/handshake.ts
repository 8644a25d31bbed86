import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { sha3_256 } from '@noble/hashes/sha3.js'
import { concatBytes } from '@noble/hashes/utils.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'

/** Who meets whom: node ids. The epoch is 0 in the first exchange of a connection. */
export interface Parties { readonly net: string, readonly dialler: Uint8Array, readonly listener: Uint8Array, readonly epoch?: number }

/** What a side signs with and says; `seed` is that of its Ed25519 key. */
export interface Self { readonly seed: Uint8Array, readonly hello: Uint8Array }

/** What both sides hold after M3. `trace` names every value between, as session.json does. */
export interface Agreed {
  readonly s2c: Uint8Array
  readonly c2s: Uint8Array
  readonly remoteHello: Uint8Array
  readonly trace: Readonly<Record<string, Uint8Array>>
}

const M1_SIZE = 1216
const M2_HEAD = 1120
const SIGNATURE = 64

const ascii = (value: string): Uint8Array => new TextEncoder().encode(value)

/** The 38 multihash bytes of a peer id. */
export const peerIdOf = (nodeId: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20), nodeId)

const h = (...parts: Uint8Array[]): Uint8Array => sha3_256(concatBytes(...parts.flatMap(part => {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, part.length, true)
  return [length, part]
})))
const keyOf = (secret: Uint8Array, transcript: Uint8Array, info: string): Uint8Array => hkdf(sha256, secret, transcript, ascii(info), 32)
const cipher = (key: Uint8Array, ad: Uint8Array): ReturnType<typeof chacha20poly1305> => chacha20poly1305(key, new Uint8Array(12), ad)

/** Everything that follows from M1, the head of M2 and the two shared secrets. */
function agree ({ net, dialler, listener, epoch = 0 }: Parties, m1: Uint8Array, m2Head: Uint8Array, mlKem: Uint8Array, x: Uint8Array) {
  const secret = concatBytes(mlKem, x)
  const T1 = h(ascii('TOS-SESSION-1'), ascii(net), peerIdOf(dialler), peerIdOf(listener), ...epoch === 0 ? [] : [Uint8Array.of(epoch)], m1, m2Head)
  const s2c = keyOf(secret, T1, 'tos hs s2c')
  const c2s = keyOf(secret, T1, 'tos hs c2s')
  const trace: Record<string, Uint8Array> = { ml_kem_shared_secret: mlKem, x25519_shared_secret: x, M1: m1, T1, handshake_key_s2c: s2c, handshake_key_c2s: c2s }
  const signed = (role: string, transcript: Uint8Array, hello: Uint8Array): Uint8Array => concatBytes(ascii(`TOS-SESSION-1 ${role}`), transcript, hello)
  const seal = (role: 'listener' | 'dialler', key: Uint8Array, transcript: Uint8Array, { seed, hello }: Self): Uint8Array => {
    const signature = ed25519.sign(signed(role, transcript, hello), seed)
    trace[`${role}_signature`] = signature
    return cipher(key, transcript).encrypt(concatBytes(signature, hello))
  }
  const open = (role: 'listener' | 'dialler', key: Uint8Array, transcript: Uint8Array, sealed: Uint8Array): Uint8Array => {
    const plain = cipher(key, transcript).decrypt(sealed)
    const signature = plain.slice(0, SIGNATURE)
    const hello = plain.slice(SIGNATURE)
    const nodeId = role === 'listener' ? listener : dialler
    if (!ed25519.verify(signature, signed(role, transcript, hello), nodeId, { zip215: false })) throw new Error(`not the ${role}'s signature`)
    trace[`${role}_signature`] = signature
    return hello
  }
  const finish = (T2: Uint8Array, m3: Uint8Array, remoteHello: Uint8Array): Agreed => {
    const T3 = h(T2, m3)
    const keys = { s2c: keyOf(secret, T3, 'tos s2c'), c2s: keyOf(secret, T3, 'tos c2s'), exporter: keyOf(secret, T3, 'tos exporter') }
    Object.assign(trace, { T2, M3: m3, T3, application_key_s2c: keys.s2c, application_key_c2s: keys.c2s, exporter: keys.exporter })
    return { s2c: keys.s2c, c2s: keys.c2s, remoteHello, trace }
  }
  return { T1, s2c, c2s, trace, seal, open, finish }
}

/** The side that dialled. `x25519Key` 32 and `kemSeed` 64 bytes are secret and used once. */
export function dial (parties: Parties, { x25519Key, kemSeed }: { readonly x25519Key: Uint8Array, readonly kemSeed: Uint8Array }) {
  const kem = ml_kem768.keygen(kemSeed)
  const m1 = concatBytes(x25519.getPublicKey(x25519Key), kem.publicKey)
  return {
    m1,
    /** Checks M2 and makes M3. */
    answer (m2: Uint8Array, self: Self): { readonly m3: Uint8Array, readonly agreed: Agreed } {
      const head = m2.slice(0, M2_HEAD)
      const both = agree(parties, m1, head, ml_kem768.decapsulate(head.slice(32), kem.secretKey), x25519.getSharedSecret(x25519Key, head.slice(0, 32)))
      const remoteHello = both.open('listener', both.s2c, both.T1, m2.slice(M2_HEAD))
      const T2 = h(both.T1, m2)
      const m3 = both.seal('dialler', both.c2s, T2, self)
      both.trace.M2 = m2
      return { m3, agreed: both.finish(T2, m3, remoteHello) }
    }
  }
}

/** The side that was dialled; `randomness` 32 bytes for the encapsulation. */
export function listen (parties: Parties, m1: Uint8Array, { x25519Key, randomness }: { readonly x25519Key: Uint8Array, readonly randomness: Uint8Array }, self: Self) {
  if (m1.length !== M1_SIZE) throw new Error(`an M1 of ${m1.length} bytes`)
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(m1.slice(32), randomness)
  const head = concatBytes(x25519.getPublicKey(x25519Key), cipherText)
  const both = agree(parties, m1, head, sharedSecret, x25519.getSharedSecret(x25519Key, m1.slice(0, 32)))
  const m2 = concatBytes(head, both.seal('listener', both.s2c, both.T1, self))
  const T2 = h(both.T1, m2)
  both.trace.M2 = m2
  return {
    m2,
    /** Checks M3. */
    finish (m3: Uint8Array): Agreed { return both.finish(T2, m3, both.open('dialler', both.c2s, T2, m3)) }
  }
}
