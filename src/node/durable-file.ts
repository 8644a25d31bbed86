import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs'

/** Writes a new file, mode 0600, that is on disk when this returns; an older draft of that name is replaced. Throws what `node:fs` throws. */
export function writeDurably (path: string, bytes: Uint8Array): void {
  removeFile(path)
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Puts the names in a directory on disk: a new link or a rename lasts only then. */
export function syncDirectory (path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** Removes a file that may be gone already. */
export function removeFile (path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
  }
}
