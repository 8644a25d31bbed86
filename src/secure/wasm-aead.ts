import { newInstance } from '@chainsafe/as-chacha20poly1305'
import { KEY_BYTES, requireSealed, requireSealRange, requireSize, sealBroken } from './crypto-limits.ts'
import { NONCE_BYTES, TAG_BYTES } from './session-crypto.ts'
import type { SessionAead } from './session-crypto.ts'

/** The cipher's input begins with a block of zeros, whose key stream is the one-time key of the authenticator (RFC 8439 §2.6). */
const BLOCK_BYTES = 64
const LENGTHS_BYTES = 16

/** Largest payload and associated data `createWasmAead` takes, bytes; its scratch memory is larger. */
export const WASM_MAX_BYTES = 4096

/** The library's scratch memory as views; one for all keys, since every call is synchronous and writes what it needs. */
interface Scratch {
  readonly wasm: ReturnType<typeof newInstance>
  readonly cipherKey: Uint8Array
  readonly cipherCounter: Uint8Array
  readonly cipherInput: Uint8Array
  readonly cipherOutput: Uint8Array
  readonly macKey: Uint8Array
  readonly macInput: Uint8Array
  readonly macLengths: DataView
  readonly macOutput: Uint8Array
}

let shared: Scratch | undefined

function scratch (): Scratch {
  if (shared !== undefined) return shared
  const wasm = newInstance()
  const { buffer } = wasm.memory
  const view = ({ value }: { readonly value: number }, length: number): Uint8Array => new Uint8Array(buffer, value, length)
  shared = {
    wasm,
    cipherKey: view(wasm.chacha20Key, KEY_BYTES),
    cipherCounter: view(wasm.chacha20Counter, 4 + NONCE_BYTES),
    cipherInput: view(wasm.chacha20Input, BLOCK_BYTES + WASM_MAX_BYTES),
    cipherOutput: view(wasm.chacha20Output, BLOCK_BYTES + WASM_MAX_BYTES),
    macKey: view(wasm.poly1305Key, KEY_BYTES),
    macInput: view(wasm.poly1305Input, 2 * WASM_MAX_BYTES + LENGTHS_BYTES),
    macLengths: new DataView(buffer, wasm.poly1305Input.value, 2 * WASM_MAX_BYTES + LENGTHS_BYTES),
    macOutput: view(wasm.poly1305Output, TAG_BYTES)
  }
  return shared
}

/**
 * ChaCha20-Poly1305 (RFC 8439 §2.8) for SMALL messages, on the WebAssembly ChaCha20 and Poly1305 that noise uses for its own. A native
 * cipher is an object with a finalizer, made anew for every message; below about half a KiB that costs several times what it seals.
 * The library's own combination takes no associated data above 32 bytes, so the two are combined here.
 * Payload and associated data have at most `WASM_MAX_BYTES` each. Throws as `SessionAead` says.
 */
export function createWasmAead (raw: Uint8Array): SessionAead {
  requireSize('INVALID_VALUE', 'the key', raw, KEY_BYTES)
  const key = Uint8Array.from(raw)
  return {
    seal (nonce, associated, bytes, start, length) {
      requireSealRange(nonce, bytes, start, length)
      const to = scratch()
      const end = start + length
      cipher(to, key, nonce, bytes.subarray(start, end))
      const sealed = to.cipherOutput.subarray(BLOCK_BYTES, BLOCK_BYTES + length)
      bytes.set(sealed, start)
      authenticate(to, associated, sealed)
      bytes.set(to.macOutput, end)
    },

    open (nonce, associated, sealed) {
      requireSealed(nonce, sealed)
      const to = scratch()
      const length = sealed.length - TAG_BYTES
      const body = sealed.subarray(0, length)
      cipher(to, key, nonce, body)
      authenticate(to, associated, body)
      // all bytes are compared, so that time does not tell how far a forger got
      let difference = 0
      for (let i = 0; i < TAG_BYTES; i++) difference |= (to.macOutput[i] as number) ^ (sealed[length + i] as number)
      if (difference !== 0) throw sealBroken(undefined)
      return to.cipherOutput.slice(BLOCK_BYTES, BLOCK_BYTES + length)
    }
  }
}

/** Runs the key stream over a zero block and `body`: the first block's output is the authenticator's key, the rest the result. */
function cipher (to: Scratch, key: Uint8Array, nonce: Uint8Array, body: Uint8Array): void {
  to.cipherInput.fill(0, 0, BLOCK_BYTES)
  to.cipherInput.set(body, BLOCK_BYTES)
  to.cipherKey.set(key)
  to.cipherCounter.fill(0, 0, 4)
  to.cipherCounter.set(nonce, 4)
  to.wasm.chacha20StreamXORUpdate(BLOCK_BYTES + body.length)
  to.macKey.set(to.cipherOutput.subarray(0, KEY_BYTES))
}

/** Poly1305 over the associated data and the ciphertext, each padded to 16 bytes, and both lengths. */
function authenticate (to: Scratch, associated: Uint8Array, sealed: Uint8Array): void {
  const { macInput, macLengths, wasm } = to
  const bodyAt = padded(associated.length)
  const lengthsAt = bodyAt + padded(sealed.length)
  macInput.fill(0, associated.length, bodyAt)
  macInput.set(associated)
  macInput.set(sealed, bodyAt)
  macInput.fill(0, bodyAt + sealed.length, lengthsAt)
  macLengths.setUint32(lengthsAt, associated.length, true)
  macLengths.setUint32(lengthsAt + 4, 0, true)
  macLengths.setUint32(lengthsAt + 8, sealed.length, true)
  macLengths.setUint32(lengthsAt + 12, 0, true)
  wasm.poly1305Init()
  wasm.poly1305Update(lengthsAt + LENGTHS_BYTES)
  wasm.poly1305Digest()
}

function padded (length: number): number {
  return (length + 15) & ~15
}
