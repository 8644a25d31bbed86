import { LevelDatastore } from 'datastore-level'
import type { Datastore } from 'interface-datastore'
import { TosError } from '../errors/index.ts'
import type { Scope } from './lifecycle.ts'
import { createWriteBackDatastore } from './transport/index.ts'

/** Opens libp2p's datastore on disk, with peer records written in batches. The scope closes it. Throws `DATA_DIR_UNREADABLE`. */
export async function openPeerStore (location: string, scope: Scope, onError: (error: TosError) => void): Promise<Datastore> {
  const disk = new LevelDatastore(location)
  try {
    await disk.open()
  } catch (cause) {
    throw new TosError('DATA_DIR_UNREADABLE', `could not open the peer store in ${location}`, { cause, hint: 'it holds nothing that cannot be found again: move it away and start anew' })
  }
  scope.add('peer store', async () => disk.close())
  const datastore = createWriteBackDatastore(disk, { onError })
  scope.add('peer records', async () => datastore.close())
  return datastore
}
