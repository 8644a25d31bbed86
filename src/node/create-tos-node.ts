import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComponentLogger } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import type { Ledger } from '../chain/index.ts'
import { baseFacts, fromObject, resolveConfig } from '../config/index.ts'
import type { Config, PartialConfig } from '../config/index.ts'
import { TosError } from '../errors/index.ts'
import { completeNode } from './complete-node.ts'
import { sayGoodbye } from './farewell.ts'
import { keepAlive } from './keep-alive.ts'
import { openScope } from './lifecycle.ts'
import type { AnyDefinition } from './load-protocols.ts'
import { loadProtocols } from './load-protocols.ts'
import { createNetworkParts } from './network-parts.ts'
import { openBase } from './open-base.ts'
import type { GivenParts } from './open-base.ts'
import { startLibp2p } from './start-libp2p.ts'
import type { TosNode } from './tos-node.ts'
import type { StemTime } from './stem-parts.ts'
import type { DhtRecords } from './transport/index.ts'
import { watchNode } from './watch-node.ts'

/** Options of `createTosNode`: any part of the configuration, and what only a program can give. */
export interface TosNodeOptions<P extends Readonly<Record<string, AnyDefinition>> = Record<never, never>> extends PartialConfig {
  /** Protocols, topics and streams to mount beside the built-in ones, by service name. */
  readonly protocols?: P
  /** Another chain behind the protocols; default the embedded reference ledger. The caller closes it. */
  readonly ledger?: Ledger
  /** Keep nothing: a fresh identity and an empty chain in a folder that `stop()` removes. */
  readonly ephemeral?: boolean
  /** In place of all transports the configuration names, as for `createLibp2p`. */
  readonly transports?: NonNullable<Libp2pOptions['transports']>
  /** Kinds of DHT records to keep beside public keys, for research on a DHT of one's own. */
  readonly dhtRecords?: DhtRecords
  /** Time and chance of the stem phase of transactions, for tests and simulations; default the machine's own. */
  readonly stemTime?: StemTime
  /** Where libp2p and the services log, default nowhere. */
  readonly logger?: ComponentLogger
}

/**
 * Creates and starts a TOS node. Throws `CONFIG_INVALID` for an option that does not hold, the `DATA_DIR_*`, `KEY_*` and `STORE_*`
 * codes for its data directory, and `LISTEN_FAILED` when an address is taken.
 */
export async function createTosNode<P extends Readonly<Record<string, AnyDefinition>> = Record<never, never>> (options: TosNodeOptions<P> = {}): Promise<TosNode<P>> {
  const { protocols, ledger, ephemeral = false, transports, dhtRecords, stemTime, logger, ...given } = options
  const folder = ephemeral ? mkdtempSync(join(tmpdir(), 'tos-')) : undefined
  const removeFolder = (): void => { if (folder !== undefined) rmSync(folder, { recursive: true, force: true }) }
  try {
    const source = fromObject({ ...given, ...(folder === undefined ? {} : { dataDir: folder }) }, 'createTosNode')
    const { config } = resolveConfig([source], { facts: baseFacts() })
    const custom = { ...await loadProtocols(config.protocol), ...protocols }
    return await openNode(config, custom, { ledger, transports, dhtRecords, stemTime, logger }, removeFolder) as TosNode<P>
  } catch (error) {
    removeFolder()
    throw error
  }
}

/** Opens everything in a fixed order; `stop()`, or a failure half-way, closes it in the reverse one. */
async function openNode (config: Config, custom: Readonly<Record<string, AnyDefinition>>, given: GivenParts, cleanUp: () => void): Promise<TosNode> {
  const scope = openScope(config.stopDeadlineMs)
  try {
    scope.add('files', cleanUp)
    const base = await openBase(config, given, scope)
    const parts = createNetworkParts(config, base, given.stemTime)
    scope.add('guard', () => { parts.guard.stop() })
    scope.add('mempool and relays', () => parts.chain.stop())

    checkNames(custom, parts.definitions)
    const libp2p = await startLibp2p(config, base, parts, { ...parts.definitions, ...custom }, given)
    const stopLibp2p = libp2p.stop.bind(libp2p)
    scope.add('libp2p', stopLibp2p)
    parts.ports.bind(libp2p)

    const connector = parts.peers.connect(libp2p, (what, error) => { given.logger?.forComponent('tos:peers').trace('%s failed: %e', what, error) })
    const node = completeNode(libp2p, config, base, parts, connector, scope)
    scope.add('goodbye', () => sayGoodbye(node))
    scope.add('listeners', await watchNode(node, base.hub, parts.goodbyes, base.minerKey))
    scope.add('pings', keepAlive(node, { measures: parts.measures, hub: base.hub, parted: parts.peers.parted }))
    scope.add('miner and sync', () => parts.chain.rest())
    scope.add('dialler', () => { connector.stop() })
    scope.add('stems', parts.stem.bind(libp2p))

    parts.chain.sync.start()
    if (config.mine) parts.chain.miner.start()
    connector.start()
    return node
  } catch (error) {
    // why the start failed matters more than what could not be closed after it
    await scope.close().catch((failure: unknown) => { given.logger?.forComponent('tos:node').error('closing after a failed start: %e', failure) })
    throw error
  }
}

/** Names libp2p's own services have on the node. */
const LIBP2P_SERVICES: ReadonlySet<string> = new Set(['identify', 'ping', 'dht', 'pubsub', 'topics', 'session', 'reputation', 'rateLimiter', 'addresses', 'relayServer', 'dcutr', 'autonat', 'upnp'])

// a custom service must not silently take the place of a built-in one
function checkNames (custom: object, builtin: object): void {
  for (const name of Object.keys(custom)) {
    if (name in builtin || LIBP2P_SERVICES.has(name)) throw new TosError('DUPLICATE_PROTOCOL', `the name "${name}" belongs to a built-in service`, { hint: 'export or mount it under another name' })
  }
}
