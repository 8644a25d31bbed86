import { scrypt } from 'node:crypto'
import { TosError } from '../../errors/index.ts'

/** Cost of scrypt (RFC 7914): memory is 128·N·r bytes, time grows with N·r·p. */
export interface ScryptCost {
  /** N = 2^log2N. */
  readonly log2N: number
  readonly r: number
  readonly p: number
}

/** 128 MiB and about half a second for every guess of a passphrase. */
export const DEFAULT_COST: ScryptCost = { log2N: 17, r: 8, p: 1 }

/** Most memory a file may ask for, bytes: twice the default. */
const MAX_MEMORY = 256 * 1024 ** 2
/** Most work (N·r·p) a file may ask for: four times the default. */
const MAX_WORK = 4 * 2 ** 17 * 8
const KEY_BYTES = 32
const MAX_PASSPHRASE_BYTES = 1024

/** What is wrong with a cost that a file asks for, or nothing: a hostile file must not take gigabytes or minutes. */
export function costProblem ({ log2N, r, p }: ScryptCost): string | undefined {
  if (log2N < 1 || r < 1 || p < 1) return 'the cost is zero'
  // RFC 7914 §2
  if (log2N >= 16 * r) return 'the cost is not one of scrypt'
  const blocks = 2 ** log2N * r
  if (blocks * 128 > MAX_MEMORY) return `the cost exceeds ${MAX_MEMORY / 1024 ** 2} MiB`
  return blocks * p > MAX_WORK ? 'the cost takes too long' : undefined
}

/** What is wrong with a passphrase, or nothing; never repeats it. */
export function passphraseProblem (passphrase: string): string | undefined {
  if (passphrase === '') return 'the passphrase is empty'
  if (!passphrase.isWellFormed()) return 'the passphrase is not well-formed text'
  return Buffer.byteLength(passphrase.normalize('NFKC')) > MAX_PASSPHRASE_BYTES ? `the passphrase exceeds ${MAX_PASSPHRASE_BYTES} bytes` : undefined
}

/**
 * A 32-byte key out of a passphrase, off the event loop. The passphrase is NFKC-normalised first: keyboards differ in how they compose
 * an accented letter. Throws `INVALID_VALUE` for a passphrase or a cost that cannot be.
 */
export async function deriveKey (passphrase: string, salt: Uint8Array, cost: ScryptCost): Promise<Uint8Array> {
  const problem = passphraseProblem(passphrase) ?? costProblem(cost)
  if (problem !== undefined) throw new TosError('INVALID_VALUE', problem, { hint: 'choose another passphrase' })
  const { log2N, r, p } = cost
  const N = 2 ** log2N
  // OpenSSL counts its working space too
  const maxmem = 128 * r * (N + p + 2) + 1024 ** 2
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  scrypt(passphrase.normalize('NFKC'), salt, KEY_BYTES, { N, r, p, maxmem }, (error, key) => error === null ? resolve(key) : reject(error))
  return await promise
}
