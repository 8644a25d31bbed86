import { existsSync, linkSync, readFileSync, renameSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { TosError } from '../errors/index.ts'
import { signRotation, verifyRotationChain } from '../secure/keys/index.ts'
import type { Rotation, RotationFacts } from '../secure/keys/index.ts'
import { toHex } from '../wire/index.ts'
import { readVersion } from './data-dir.ts'
import { syncDirectory } from './durable-file.ts'
import { createIdentity, inspectKeyFile, loadIdentity, seedOf } from './identity.ts'
import type { PassphraseSource } from './identity.ts'
import { withKeyLock } from './key-lock.ts'
import { readRotations, rotationFileOf, writeRotations } from './rotation-file.ts'

/** How a key is rotated. */
export interface RotateOptions {
  readonly network: string
  /** At most 128 bytes; everyone can read it. */
  readonly reason: string
  /** Unix seconds. */
  readonly now: bigint
  /** Opens the old key when it is encrypted, and then encrypts the new one. */
  readonly passphraseOf: PassphraseSource
  /** Check everything and write nothing. */
  readonly dryRun?: boolean
  /** Called when a step is on disk. A test crashes here. */
  readonly onStep?: (step: RotateStep) => void
}

/** The steps of a rotation, in order. */
export type RotateStep = 'new key written' | 'old key kept' | 'record written' | 'key replaced'

/** What a rotation left. */
export interface Rotated {
  /** Public keys, 32 bytes; no new one after a dry run. */
  readonly oldKey: Uint8Array
  readonly newKey: Uint8Array | undefined
  /** Where the old key is kept. */
  readonly keptAs: string
  readonly rotationFile: string
  /** The new record; `undefined` after a dry run. */
  readonly rotation: Rotation | undefined
}

/** Where a new key waits until it takes its place; one that is there belongs to an interrupted rotation. */
export function nextKeyFile (keyFile: string): string {
  return `${keyFile}.next`
}

/**
 * Gives a node a new key: writes it aside, keeps the old file under a dated name, records the rotation, then puts the new key in place.
 * After a crash at any point both keys are on disk and the key file is whole; the next call finishes what was begun. Throws
 * `DATA_DIR_LOCKED` while a daemon runs, `DATA_DIR_FOREIGN` for another network, the `KEY_*` codes, and `ROTATION_INVALID`.
 */
export async function rotateIdentity (path: string, options: RotateOptions): Promise<Rotated> {
  if (!existsSync(path)) throw new TosError('KEY_UNREADABLE', `there is no key file ${path}`, { details: { path }, hint: 'make one with `tosd key gen`' })
  return await withKeyLock(path, async () => await rotate(path, options))
}

async function rotate (path: string, { network, reason, now, passphraseOf, dryRun = false, onStep = () => {} }: RotateOptions): Promise<Rotated> {
  checkNetwork(dirname(path), network)
  const old = await loadIdentity(path, passphraseOf)
  const rotationFile = rotationFileOf(path)
  const before = existsSync(rotationFile) ? readRotations(rotationFile) : []
  if (before.length > 0) verifyRotationChain(before, { network, now })
  const date = new Date(Number(now) * 1000).toISOString().slice(0, 10).replaceAll('-', '')
  const plan = { oldKey: old.publicKey.raw, keptAs: `${path}.${date}-${toHex(old.publicKey.raw).slice(0, 8)}`, rotationFile }
  if (dryRun) return { ...plan, newKey: undefined, rotation: undefined }

  const next = await nextIdentity(path, passphraseOf)
  const rotations = extend(before, old, next, { network, reason, time: now, sequence: before.length + 1 }, rotationFile)
  verifyRotationChain(rotations, { network, now })
  onStep('new key written')
  try {
    keep(path, plan.keptAs)
    onStep('old key kept')
    // the record before the key: a node never runs under a name that nothing vouches for
    if (rotations !== before) writeRotations(rotationFile, rotations)
    onStep('record written')
    renameSync(nextKeyFile(path), path)
    syncDirectory(dirname(path))
    onStep('key replaced')
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('KEY_UNREADABLE', `cannot rotate the key file ${path}`, { cause: error, details: { path }, hint: 'nothing is lost: mend the cause and run `tosd key rotate` again' })
  }
  return { ...plan, newKey: next.publicKey.raw, rotation: rotations.at(-1) }
}

// one that is there may stand in a record already; a new one is kept as the old one is, encrypted or not
async function nextIdentity (path: string, passphraseOf: PassphraseSource): Promise<Ed25519PrivateKey> {
  const file = nextKeyFile(path)
  if (existsSync(file)) return await loadIdentity(file, passphraseOf)
  const { encrypted } = await inspectKeyFile(path)
  return await createIdentity(file, encrypted ? await passphraseOf() : undefined)
}

/** The rotations with this one at the end; the same list when an interrupted call has recorded it already. */
function extend (before: readonly Rotation[], old: Ed25519PrivateKey, next: Ed25519PrivateKey, facts: RotationFacts, file: string): readonly Rotation[] {
  const last = before.at(-1)
  if (last === undefined || equal(last.newKey, old.publicKey.raw)) return [...before, signRotation(seedOf(old), seedOf(next), facts)]
  if (equal(last.oldKey, old.publicKey.raw) && equal(last.newKey, next.publicKey.raw)) return before
  throw new TosError('KEY_EXISTS', `the rotations in ${file} end at another key`, { details: { path: file }, hint: `move ${basename(file)} away: it belongs to a key that is not here` })
}

// a second name for the same file: there is no moment at which the key has none
function keep (path: string, keptAs: string): void {
  try {
    linkSync(path, keptAs)
    syncDirectory(dirname(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!readFileSync(keptAs).equals(readFileSync(path))) throw new TosError('KEY_EXISTS', `${keptAs} exists`, { details: { path: keptAs } })
  }
}

function checkNetwork (directory: string, network: string): void {
  const version = readVersion(directory)
  if (version !== undefined && version.network !== network) {
    throw new TosError('DATA_DIR_FOREIGN', `${directory} belongs to ${version.network}, not ${network}`, { details: { path: directory, network: version.network }, hint: `give --network ${version.network}` })
  }
}

function equal (a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b)
}
