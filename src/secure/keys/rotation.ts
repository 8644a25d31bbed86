import { ed25519 } from '@noble/curves/ed25519.js'
import { TosError } from '../../errors/index.ts'
import { bytes, decode, encode, refine, string, struct, u32, u64 } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'
import { isSignedBy, publicKeyOf, signBytes } from './ed25519.ts'

const network = refine(string(32), text => /^[a-z0-9-]{1,32}$/.test(text) ? undefined : 'a network is [a-z0-9-]{1,32}')
const content = { oldKey: bytes(32), newKey: bytes(32), time: u64, sequence: u32, reason: string(128) }
const signedContent = struct(content)

/** A rotation as it is stored and sent: network, both public keys, unix seconds, number (from 1), reason, both signatures. */
export const rotation = struct({ network, ...content, oldSignature: bytes(64), newSignature: bytes(64) })

/** One node that goes from one key to the next. */
export type Rotation = Infer<typeof rotation>

/** How far a clock may run ahead, seconds (as for frames, WIRE.md §8). */
const MAX_AHEAD = 300n
/** 2025-01-01: there was no such record before. */
const EARLIEST = 1_735_689_600n

/** What a rotation says beside the keys. */
export type RotationFacts = Pick<Rotation, 'network' | 'time' | 'sequence' | 'reason'>

/** A rotation signed by both 32-byte seeds: the old key gives its name away, the new one shows that it is really held. */
export function signRotation (oldSeed: Uint8Array, newSeed: Uint8Array, facts: RotationFacts): Rotation {
  const unsigned = { ...facts, oldKey: publicKeyOf(oldSeed), newKey: publicKeyOf(newSeed) }
  const message = signedBytes(unsigned)
  return { ...unsigned, oldSignature: signBytes(oldSeed, message), newSignature: signBytes(newSeed, message) }
}

/** Bytes of a rotation. Throws any wire code. */
export function encodeRotation (value: Rotation): Uint8Array {
  return encode(rotation, value)
}

/** The inverse; checks the layout only, see `verifyRotation`. Throws any wire code. */
export function decodeRotation (data: Uint8Array): Rotation {
  return decode(rotation, data)
}

/** What the verifier knows. */
export interface RotationContext {
  readonly network: string
  /** Unix seconds. */
  readonly now: bigint
}

/** Throws `ROTATION_INVALID` with `details.rule`, or `SIGNATURE_INVALID` with `details.signer`, when a rotation must not be believed. */
export function verifyRotation (value: Rotation, { network, now }: RotationContext): void {
  if (value.network !== network) throw broken('network', `the rotation is for ${value.network}, not ${network}`)
  if (value.sequence === 0) throw broken('sequence', 'rotations are numbered from 1')
  if (value.time < EARLIEST || value.time > now + MAX_AHEAD) throw broken('time', `the time ${value.time} of the rotation is out of range`)
  if (Buffer.from(value.oldKey).equals(value.newKey)) throw broken('same_key', 'the old and the new key are the same')
  const message = signedBytes(value)
  for (const signer of ['old', 'new'] as const) {
    const [key, signature] = signer === 'old' ? [value.oldKey, value.oldSignature] : [value.newKey, value.newSignature]
    // a key of small order has signatures that fit any message: not every OpenSSL refuses it
    if (hasSmallOrder(key) || !isSignedBy(key, message, signature)) throw new TosError('SIGNATURE_INVALID', `the ${signer} key did not sign this rotation`, { details: { signer } })
  }
}

/** An error of a rotation that breaks `rule`. */
export function broken (rule: string, message: string): TosError {
  return new TosError('ROTATION_INVALID', message, { details: { rule } })
}

/** `"TOS-KEY-ROTATION-V1" ‖ 0x00 ‖ u8 length of net ‖ net ‖ bincode(old, new, time, sequence, reason)`: the network is bound by the label. */
function signedBytes (value: Omit<Rotation, 'oldSignature' | 'newSignature'>): Uint8Array {
  const name = Buffer.from(value.network, 'latin1')
  return Buffer.concat([Buffer.from('TOS-KEY-ROTATION-V1\0', 'latin1'), Buffer.from([name.length]), name, encode(signedContent, value)])
}

function hasSmallOrder (key: Uint8Array): boolean {
  try {
    return ed25519.Point.fromBytes(key).isSmallOrder()
  } catch {
    // no canonical point at all: nothing it signs may count
    return true
  }
}
