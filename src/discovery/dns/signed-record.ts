import { TosError } from '../../errors/index.ts'
import type { MessageVerifier } from '../../secure/signer/index.ts'

/** Signing label; the signed bytes are label ‖ 0x00 ‖ u8 length of net ‖ net ‖ payload (WIRE.md §5 has the same form for votes). */
export const DNS_SEED_LABEL = 'TOS-DNS-SEED-V1'

/**
 * `tos1 <signature> <expiry> <record>`: the signature in base64url without padding, 86 characters; the expiry in Unix seconds. The
 * payload is all behind the signature, `<expiry> <record>`, byte for byte as it stands.
 */
const SIGNED = /^tos1 ([A-Za-z0-9_-]{86}) ((\d{1,10}) (.+))$/

/** A signed record taken apart, nothing checked. */
export interface SignedRecord {
  readonly signature: Uint8Array
  /** What is signed, without the domain. */
  readonly payload: Uint8Array
  /** Unix ms. */
  readonly expiresAt: number
  /** The record inside, in any of the unsigned forms. */
  readonly record: string
}

/** Takes a signed record apart; undefined when it is an unsigned one. Throws `INVALID_VALUE` for a `tos1` of another shape. */
export function readSignedRecord (text: string): SignedRecord | undefined {
  const trimmed = text.trim()
  if (!/^tos1(?:\s|$)/.test(trimmed)) return undefined
  const [, signature, payload, expiry, record] = SIGNED.exec(trimmed) ?? []
  if (signature === undefined || payload === undefined || record === undefined) throw new TosError('INVALID_VALUE', `not a signed seed record: ${trimmed.slice(0, 80)}`)
  return { signature: Buffer.from(signature, 'base64url'), payload: Buffer.from(payload), expiresAt: Number(expiry) * 1000, record }
}

/** What a record is judged by. */
export interface SignedRecordRules {
  /** 32 bytes; undefined: nobody vouches for this name, and a signature means nothing. */
  readonly publicKey: Uint8Array | undefined
  readonly verify: MessageVerifier['verify']
  /** Unix ms. */
  readonly now: number
}

/**
 * The unsigned record inside `text`. With a key an unsigned one is refused (`RECORD_UNSIGNED`) and the signature must hold
 * (`SIGNATURE_INVALID`); an expiry counts with and without a key (`RECORD_EXPIRED`).
 */
export function openSeedRecord (text: string, { publicKey, verify, now }: SignedRecordRules): string {
  const signed = readSignedRecord(text)
  if (signed === undefined) {
    if (publicKey === undefined) return text
    throw new TosError('RECORD_UNSIGNED', 'the record is not signed')
  }
  const { signature, payload, expiresAt, record } = signed
  if (publicKey !== undefined && !verify({ label: DNS_SEED_LABEL, body: payload, publicKey, signature })) {
    throw new TosError('SIGNATURE_INVALID', 'the record is not signed with the key configured for its name')
  }
  // a replayed old answer is as good as a forged one once the machines it names have changed hands
  if (expiresAt <= now) throw new TosError('RECORD_EXPIRED', `the record expired at ${new Date(expiresAt).toISOString()}`)
  return record
}

/** Makes a signed record, for operators of seeds. `sign` gets `TOS-DNS-SEED-V1` and the payload (`MessageSigner.sign`). Seconds are rounded down. */
export function signSeedRecord (record: string, expiresAt: number, sign: (label: string, body: Uint8Array) => Uint8Array): string {
  const payload = `${Math.floor(expiresAt / 1000)} ${record}`
  return `tos1 ${Buffer.from(sign(DNS_SEED_LABEL, Buffer.from(payload))).toString('base64url')} ${payload}`
}
