import { rename, rm } from 'node:fs/promises'
import { LevelDatastore } from 'datastore-level'
import { toTosError, TosError } from '../errors/index.ts'
import type { Scope } from './lifecycle.ts'
import { createWriteBackDatastore } from './transport/index.ts'
import type { WriteBackDatastore } from './transport/index.ts'

/**
 * Opens libp2p's datastore on disk, with peer records written in batches; the scope closes it. A damaged one is put aside and begun anew:
 * it holds nothing that cannot be found again. Throws `DATA_DIR_UNREADABLE`.
 */
export async function openPeerStore (location: string, scope: Scope, onError: (error: TosError) => void): Promise<WriteBackDatastore> {
  const disk = await open(location).catch(async (cause: unknown) => {
    await putAside(location)
    const fresh = await open(location)
    onError(new TosError('DATA_DIR_UNREADABLE', `the peer store was damaged and begun anew; the old one is ${location}.damaged`, { cause }))
    return fresh
  })
  scope.add('peer store', async () => disk.close())
  const datastore = createWriteBackDatastore(disk, { onError })
  scope.add('peer records', async () => datastore.close())
  return datastore
}

async function open (location: string): Promise<LevelDatastore> {
  const disk = new LevelDatastore(location)
  await disk.open()
  return disk
}

async function putAside (location: string): Promise<void> {
  try {
    await rm(`${location}.damaged`, { recursive: true, force: true })
    await rename(location, `${location}.damaged`)
  } catch (cause) {
    throw new TosError('DATA_DIR_UNREADABLE', `could not open the peer store in ${location}`, { cause: toTosError(cause) })
  }
}
