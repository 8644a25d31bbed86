import { readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { removeFile, syncDirectory, writeDurably } from './durable-file.ts'

/** One small file that is replaced as a whole. */
export interface FileStore {
  /** Its bytes; undefined when there is none. Throws what `node:fs` throws. */
  load (): Uint8Array | undefined
  /** The bytes last when this returns: after a crash the file is the old one or the new one. */
  save (bytes: Uint8Array): void
  /** Renames the file, so that nothing overwrites it; returns the new name. One is kept: the latest. */
  setAside (): string
}

/** Opens nothing until it is asked. */
export function createFileStore (path: string): FileStore {
  // only the holder of the data directory's lock writes here, so one name will do
  const draft = `${path}.tmp`
  const aside = `${path}.damaged`
  return {
    load () {
      try {
        return readFileSync(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    save (bytes) {
      writeDurably(draft, bytes)
      renameSync(draft, path)
      syncDirectory(dirname(path))
    },
    setAside () {
      removeFile(aside)
      renameSync(path, aside)
      return aside
    }
  }
}
