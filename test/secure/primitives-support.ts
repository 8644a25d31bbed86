import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { TosError } from '../../src/errors/index.ts'
import type { TosErrorCode } from '../../src/errors/index.ts'
import { createNobleCrypto } from '../../src/secure/noble-crypto.ts'
import { createNodeCrypto } from '../../src/secure/node-crypto.ts'

export const node = createNodeCrypto()
export const noble = createNobleCrypto()
export const both = [node, noble]

export const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')

/** Every test of a Wycheproof file beside its group, as the file orders them. */
export function wycheproof<Test, Group = object> (file: string): Array<{ group: Group, test: Test & { readonly tcId: number, readonly result: string, readonly flags?: readonly string[] } }> {
  const { testGroups } = readVector(`wycheproof/${file}`) as { testGroups: Array<Group & { tests: Array<Test & { tcId: number, result: string, flags?: string[] }> }> }
  return testGroups.flatMap(group => group.tests.map(test => ({ group, test })))
}

export function readVector (file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'))
}

/** Asserts that `act` throws a `TosError` with `code`. */
export function throwsCode (code: TosErrorCode, act: () => unknown, what = ''): void {
  assert.throws(act, error => error instanceof TosError && error.code === code, `${what} should throw ${code}`)
}

/** Seals `plain` at an offset inside a larger buffer whose other bytes must survive. Returns ciphertext and tag. */
export function seal (aead: ReturnType<typeof node.aead>, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array, start = 3): Uint8Array {
  const buffer = new Uint8Array(start + plain.length + 16 + 5).fill(0xa5)
  buffer.set(plain, start)
  aead.seal(nonce, associated, buffer, start, plain.length)
  const end = start + plain.length + 16
  assert.ok(buffer.subarray(0, start).every(byte => byte === 0xa5) && buffer.subarray(end).every(byte => byte === 0xa5), 'wrote outside its range')
  return buffer.slice(start, end)
}
