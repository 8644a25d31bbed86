import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TosError } from '../../errors/index.ts'
import { STORE_FILES } from './store-manifest.ts'

/**
 * Copies a closed store into a directory inside it, to be opened and even repaired there while the store itself stays as it is. Tables
 * are linked, because LevelDB never writes one twice: the copy costs next to no room. Throws `DATA_DIR_UNREADABLE`.
 */
export async function copyStore (location: string): Promise<string> {
  const copy = join(location, STORE_FILES.copy)
  try {
    await rm(copy, { recursive: true, force: true })
    await mkdir(join(copy, STORE_FILES.log), { recursive: true, mode: 0o700 })
    for (const name of [STORE_FILES.manifest, STORE_FILES.mark]) await copyFile(join(location, name), join(copy, name)).catch(ignoreMissing)
    for (const entry of await readdir(join(location, STORE_FILES.log), { withFileTypes: true }).catch(() => [])) {
      if (!entry.isFile() || entry.name === 'LOCK') continue
      const [from, to] = [join(location, STORE_FILES.log, entry.name), join(copy, STORE_FILES.log, entry.name)]
      // a file system without hard links
      if (/\.(?:ldb|sst)$/.test(entry.name)) await link(from, to).catch(() => copyFile(from, to))
      else await copyFile(from, to)
    }
    return copy
  } catch (error) {
    await rm(copy, { recursive: true, force: true })
    throw new TosError('DATA_DIR_UNREADABLE', `cannot copy the block store in ${location}`, { cause: error, details: { location } })
  }
}

function ignoreMissing (error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
