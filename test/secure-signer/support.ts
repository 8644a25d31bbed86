import { readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { createMessageSigner } from '../../src/secure/signer/index.ts'
import type { MessageSigner, SignedMessage } from '../../src/secure/signer/index.ts'

export const LABEL = 'TOS-VOTE-V1'
export const NETWORK = 'devnet'

/** Bytes of a hex string. No Buffer: `deepEqual` tells the two apart. */
export function unhex (hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

export function readVectors<T> (name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')) as T
}

export function signerOf (seed: number, network = NETWORK): MessageSigner {
  return createMessageSigner({ privateKey: new Uint8Array(32).fill(seed), network })
}

export function signed (signer: MessageSigner, text: string): SignedMessage {
  const body = Buffer.from(text)
  return { label: LABEL, body, publicKey: signer.publicKey, signature: signer.sign(LABEL, body) }
}

/** The message with one bit of one field turned round. */
export function flip (message: SignedMessage, field: 'body' | 'publicKey' | 'signature', bit: number): SignedMessage {
  const bytes = Uint8Array.from(message[field])
  const at = (bit >>> 3) % bytes.length
  bytes[at] = (bytes[at] as number) ^ 1 << (bit & 7)
  return { ...message, [field]: bytes }
}

const { Fn } = ed25519.Point

/** 32 bytes, little-endian. */
export function scalarBytes (value: bigint): Uint8Array<ArrayBuffer> {
  return unhex(value.toString(16).padStart(64, '0')).toReversed()
}

/** The challenge k = SHA-512(R ‖ A ‖ M) mod L of RFC 8032. */
export function challenge (r: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return Fn.create(BigInt(`0x${Buffer.from(sha512(Buffer.concat([r, publicKey, message])).toReversed()).toString('hex')}`))
}

/** S = nonce + k · secret mod L, unchecked: what a forger with full freedom over R and A computes. */
export function response (nonce: bigint, secret: bigint, r: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return Fn.create(nonce + challenge(r, publicKey, message) * secret)
}
