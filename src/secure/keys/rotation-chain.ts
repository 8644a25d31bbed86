import { toHex } from '../../wire/hex.ts'
import { fromJson, struct, toJson, vec } from '../../wire/index.ts'
import { broken, rotation, verifyRotation } from './rotation.ts'
import type { Rotation, RotationContext } from './rotation.ts'

/** Rotations of one node that a file may hold: one a week for 19 years. */
const MAX_ROTATIONS = 1000
const chain = struct({ rotations: vec(rotation, { min: 1, max: MAX_ROTATIONS }) })

/** Most characters of a chain as JSON; a reader looks at no more. */
export const MAX_CHAIN_TEXT: number = MAX_ROTATIONS * 1024

/** Where a chain begins and ends. */
export interface ChainEnds {
  /** The first public key, 32 bytes. */
  readonly first: Uint8Array
  /** The key of today, 32 bytes. */
  readonly last: Uint8Array
}

/**
 * Checks every rotation and how they follow each other: numbered from 1, each from the key the one before ended at, not back in time,
 * and never to a key that was given up. Throws as `verifyRotation` does.
 */
export function verifyRotationChain (rotations: readonly Rotation[], context: RotationContext): ChainEnds {
  const [first] = rotations
  if (first === undefined || rotations.length > MAX_ROTATIONS) throw broken('length', `a chain has 1 to ${MAX_ROTATIONS} rotations, not ${rotations.length}`)
  const used = new Set([toHex(first.oldKey)])
  let before: Rotation | undefined
  for (const [i, next] of rotations.entries()) {
    verifyRotation(next, context)
    if (next.sequence !== i + 1) throw broken('sequence', `rotation ${i + 1} is numbered ${next.sequence}`)
    if (before !== undefined && !Buffer.from(before.newKey).equals(next.oldKey)) throw broken('link', `rotation ${next.sequence} does not begin at the key that rotation ${i} ended at`)
    if (before !== undefined && next.time < before.time) throw broken('time', `rotation ${next.sequence} is older than the one before it`)
    const key = toHex(next.newKey)
    if (used.has(key)) throw broken('reused_key', `rotation ${next.sequence} goes back to a key that was given up`)
    used.add(key)
    before = next
  }
  return { first: first.oldKey, last: (before ?? first).newKey }
}

/** A chain as JSON for a file: names of the record's fields in snake_case, keys and signatures in hex. */
export function chainToJson (rotations: readonly Rotation[]): string {
  return `${JSON.stringify(toJson(chain, { rotations: [...rotations] }), null, 2)}\n`
}

/** The inverse; checks the layout only. Throws `ROTATION_INVALID`. */
export function chainFromJson (text: string): Rotation[] {
  try {
    if (text.length <= MAX_CHAIN_TEXT) return fromJson(chain, JSON.parse(text)).rotations
  } catch {
    // the reasons quote the text, which is a secret when somebody names the wrong file
  }
  throw broken('layout', 'the text holds no list of rotations')
}
