import { readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SeedPin, SeedPinStore } from '../discovery/index.ts'
import type { BookStore } from '../peers/index.ts'
import { syncDirectory, writeDurably } from './durable-file.ts'

/** The address book in the file `path`, mode 0600: the whole of it or the one before. */
export function bookFile (path: string): BookStore {
  return { load: () => readIfThere(path), save: bytes => { replaceDurably(path, bytes) } }
}

/** The keys first met at seeds, as JSON in `path`, mode 0600. What cannot be read is told to `damaged`, and nothing is pinned. */
export function seedPinFile (path: string, damaged: (error: unknown) => void): SeedPinStore {
  return {
    load () {
      try {
        const bytes = readIfThere(path)
        const list: unknown = bytes === undefined ? [] : JSON.parse(new TextDecoder().decode(bytes))
        return Array.isArray(list) ? list.filter(isPin) : []
      } catch (error) {
        damaged(error)
        return []
      }
    },
    save: pins => { replaceDurably(path, new TextEncoder().encode(`${JSON.stringify(pins, undefined, 1)}\n`)) }
  }
}

function isPin (value: unknown): value is SeedPin {
  const { address, peer, firstMet, lastMet } = (value ?? {}) as Partial<Record<keyof SeedPin, unknown>>
  return typeof address === 'string' && typeof peer === 'string' && typeof firstMet === 'number' && typeof lastMet === 'number'
}

function readIfThere (path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

// a crash must leave the old file or the new one
function replaceDurably (path: string, bytes: Uint8Array): void {
  const draft = `${path}.${process.pid}.tmp`
  writeDurably(draft, bytes)
  renameSync(draft, path)
  syncDirectory(dirname(path))
}
