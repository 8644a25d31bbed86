import { readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { TosError } from '../errors/index.ts'
import { chainFromJson, chainToJson, MAX_CHAIN_TEXT } from '../secure/keys/index.ts'
import type { Rotation } from '../secure/keys/index.ts'
import { removeFile, syncDirectory, writeDurably } from './durable-file.ts'

/** Where the rotations of a key file are recorded. */
export function rotationFileOf (keyFile: string): string {
  return `${keyFile}.rotation.json`
}

/** The rotations in a file, layout checked only. Throws `FILE_UNREADABLE` or `ROTATION_INVALID`. */
export function readRotations (path: string): Rotation[] {
  let text: string
  try {
    if (statSync(path).size > MAX_CHAIN_TEXT) throw new TosError('ROTATION_INVALID', `${path} is too long for rotations`, { details: { rule: 'layout', path } })
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('FILE_UNREADABLE', `cannot read ${path}`, { cause: error, details: { path } })
  }
  return chainFromJson(text)
}

/** Puts rotations in place of those in a file: the old list or the new one is there at any time. Throws what `node:fs` throws. */
export function writeRotations (path: string, rotations: readonly Rotation[]): void {
  const draft = `${path}.${process.pid}.tmp`
  try {
    writeDurably(draft, Buffer.from(chainToJson(rotations)))
    renameSync(draft, path)
    syncDirectory(dirname(path))
  } finally {
    removeFile(draft)
  }
}
