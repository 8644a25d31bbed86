import { join } from 'node:path'
import type { ComponentLogger, Ed25519PrivateKey } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { createReferenceLedger, openLightLedger } from '../chain/index.ts'
import type { Ledger } from '../chain/index.ts'
import type { Config } from '../config/index.ts'
import { toTosError } from '../errors/index.ts'
import { createNodeEvents } from '../monitor/index.ts'
import type { NodeEventHub } from '../monitor/index.ts'
import { toHex } from '../wire/index.ts'
import { openDataDir } from './data-dir.ts'
import { inspectKeyFile, loadOrCreateIdentity } from './identity.ts'
import type { Scope } from './lifecycle.ts'
import { configuredPassphrase } from './passphrase.ts'
import { openPeerStore } from './peer-store.ts'
import type { StemTime } from './stem-parts.ts'
import type { DhtRecords, WriteBackDatastore } from './transport/index.ts'

/** What only a program can give, not a configuration. */
export interface GivenParts {
  readonly ledger: Ledger | undefined
  readonly transports?: Libp2pOptions['transports']
  readonly dhtRecords?: DhtRecords | undefined
  readonly stemTime?: StemTime | undefined
  readonly logger: ComponentLogger | undefined
}

/** Everything of a node that lives on disk, and its events. */
export interface NodeBase {
  readonly privateKey: Ed25519PrivateKey
  /** Named as miner of our blocks, 32 bytes. */
  readonly minerKey: Uint8Array
  readonly ledger: Ledger
  readonly datastore: WriteBackDatastore
  readonly hub: NodeEventHub
  /** Tells the operator about a fault of our own. */
  readonly onError: (error: unknown) => void
}

/** Opens data directory, identity, chain and peer store in this order; the scope closes them in the reverse one. */
export async function openBase (config: Config, given: GivenParts, scope: Scope): Promise<NodeBase> {
  const { network, difficulty } = config
  const dir = openDataDir(config.dataDir, { network })
  scope.add('data directory', () => { dir.close() })
  const privateKey = await loadOrCreateIdentity(dir.keyFile, () => configuredPassphrase(config))
  // mining needs its name only: the key itself may stay locked
  const minerKey = config.minerKey === '' ? privateKey.publicKey.raw : (await inspectKeyFile(config.minerKey)).publicKey
  const hub = createNodeEvents()
  scope.add('events', () => { hub.close() })
  const onError = (error: unknown): void => {
    const { code, message } = toTosError(error)
    hub.emit({ event: 'warning', code, message })
  }
  const ledger = given.ledger ?? (config.nodeType === 'light' ? openHeaders(dir.file('headers.bin'), network, BigInt(difficulty), scope, hub) : await openLedger(dir.file('chain'), network, BigInt(difficulty), scope, hub))
  const datastore = await openPeerStore(dir.file('peers'), scope, onError)
  return { privateKey, minerKey, ledger, datastore, hub, onError }
}

function openHeaders (file: string, network: string, difficulty: bigint, scope: Scope, hub: NodeEventHub): Ledger {
  const ledger = openLightLedger({ network, difficulty, file })
  scope.add('headers', async () => ledger.close())
  if (ledger.lost > 0) hub.emit({ event: 'warning', code: 'STORE_CORRUPT', message: `${ledger.lost} bytes at the end of the header file were damaged; what is missing is fetched again` })
  ledger.addEventListener('store', ({ detail: { error } }) => { hub.emit({ event: 'warning', code: 'STORE_READ_ONLY', message: toTosError(error).message }) })
  return ledger
}

async function openLedger (location: string, network: string, difficulty: bigint, scope: Scope, hub: NodeEventHub): Promise<Ledger> {
  const ledger = await createReferenceLedger({ network, difficulty, location })
  scope.add('ledger', async () => ledger.close())
  if (ledger.recovered !== undefined) {
    hub.emit({ event: 'warning', code: 'STORE_CORRUPT', message: `the block log was damaged; ${ledger.recovered.kept} blocks are kept and the rest is fetched again`, details: { ...ledger.recovered } })
  }
  ledger.addEventListener('store', ({ detail: { writable, error } }) => {
    // one code for both ends of the trouble: who watches for it learns when it is over
    hub.emit({ event: 'warning', code: 'STORE_READ_ONLY', message: writable ? 'the block store takes blocks again' : `the block store refuses blocks: ${toTosError(error).message}`, details: { writable } })
  })
  ledger.addEventListener('fork', ({ detail: { depth, error } }) => { hub.emit({ event: 'warning', code: error.code, message: error.message, details: { depth } }) })
  ledger.addEventListener('damage', ({ detail: { hash, height, error, kept } }) => {
    hub.emit({
      event: 'warning', code: 'STORE_CORRUPT',
      message: `the body of the block at height ${height} is damaged on disk and was given up; ${kept ? 'all else is kept and the old log put aside' : 'the log could not be written anew, the next start tries again'}`,
      details: { hash: toHex(hash), height, kept, reason: error.message, ...(kept ? { setAside: join(location, 'blocks.damaged') } : {}) }
    })
  })
  return ledger
}
