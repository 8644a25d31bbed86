import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComponentLogger, Libp2p } from '@libp2p/interface'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions } from 'libp2p'
import { LRUCache } from 'lru-cache'
import type { GoodbyeService } from '../../protocols/index.ts'
import { createReferenceLedger } from '../chain/index.ts'
import type { Ledger, Penalise } from '../chain/index.ts'
import { baseFacts, fromObject, resolveConfig } from '../config/index.ts'
import type { Config, PartialConfig } from '../config/index.ts'
import { toTosError, TosError } from '../errors/index.ts'
import { createNodeEvents } from '../monitor/index.ts'
import { createConnector } from '../peers/index.ts'
import { CORRUPT_STRIKES, createKernel, peerIdToNodeId } from '../protocol/index.ts'
import { toHex } from '../wire/index.ts'
import { createChainParts } from './chain-parts.ts'
import { openDataDir } from './data-dir.ts'
import { sayGoodbye } from './farewell.ts'
import { loadIdentity, loadOrCreateIdentity } from './identity.ts'
import { openScope } from './lifecycle.ts'
import type { AnyDefinition } from './load-protocols.ts'
import { loadProtocols } from './load-protocols.ts'
import { createNetworkPorts } from './network-ports.ts'
import { createPendingServices } from './pending-services.ts'
import { openPeerStore } from './peer-store.ts'
import { builtinDefinitions, gossipOptions, mountAll } from './services.ts'
import type { TosNode, TosServices } from './tos-node.ts'
import { transportSettings } from './transport-of-config.ts'
import { createLibp2pOptions } from './transport/index.ts'
import { goodbyeText, watchNode } from './watch-node.ts'

/** Options of `createTosNode`: any part of the configuration, and what only a program can give. */
export interface TosNodeOptions<P extends Readonly<Record<string, AnyDefinition>> = Record<never, never>> extends PartialConfig {
  /** Protocols, topics and streams to mount beside the built-in ones, by service name. */
  readonly protocols?: P
  /** Another chain behind the protocols; default the embedded reference ledger. The caller closes it. */
  readonly ledger?: Ledger
  /** Keep nothing: a fresh identity and an empty chain in a folder that `stop()` removes. */
  readonly ephemeral?: boolean
  /** Where libp2p and the services log, default nowhere. */
  readonly logger?: ComponentLogger
}

/**
 * Creates and starts a TOS node. Throws `CONFIG_INVALID` for an option that does not hold, the `DATA_DIR_*`, `KEY_*` and `STORE_*`
 * codes for its data directory, and `LISTEN_FAILED` when an address is taken.
 */
export async function createTosNode<P extends Readonly<Record<string, AnyDefinition>> = Record<never, never>> (options: TosNodeOptions<P> = {}): Promise<TosNode<P>> {
  const { protocols, ledger, ephemeral = false, logger, ...given } = options
  const dataDir = ephemeral ? mkdtempSync(join(tmpdir(), 'tos-')) : undefined
  const source = fromObject({ ...given, ...(dataDir === undefined ? {} : { dataDir }) }, 'createTosNode')
  const { config } = resolveConfig([source], { facts: baseFacts() })
  try {
    const custom = { ...await loadProtocols(config.protocol), ...protocols }
    const node = await openNode(config, custom, { ledger, logger }, dataDir === undefined ? () => {} : () => { rmSync(dataDir, { recursive: true, force: true }) })
    return node as TosNode<P>
  } catch (error) {
    if (dataDir !== undefined) rmSync(dataDir, { recursive: true, force: true })
    throw error
  }
}

interface Given {
  readonly ledger: Ledger | undefined
  readonly logger: ComponentLogger | undefined
}

/** Opens everything in a fixed order; `stop()`, or a failure half-way, closes it in the reverse one. */
async function openNode (config: Config, custom: Readonly<Record<string, AnyDefinition>>, { ledger: givenLedger, logger }: Given, cleanUp: () => void): Promise<TosNode> {
  if (!config.plain) throw new TosError('SEALED_UNAVAILABLE', 'this version speaks plain frames only')
  const scope = openScope(config.stopDeadlineMs)
  try {
    scope.add('files', cleanUp)
    const dir = openDataDir(config.dataDir, { network: config.network })
    scope.add('data directory', () => { dir.close() })
    const privateKey = await loadOrCreateIdentity(dir.keyFile)
    const minerKey = config.minerKey === '' ? privateKey : loadIdentity(config.minerKey)
    const hub = createNodeEvents()
    scope.add('events', () => { hub.close() })
    const onError = (error: unknown): void => {
      const { code, message } = toTosError(error)
      hub.emit({ event: 'warning', code, message })
    }

    const ledger = givenLedger ?? await createReferenceLedger({ network: config.network, difficulty: BigInt(config.difficulty), location: dir.file('chain') })
    if (givenLedger === undefined) scope.add('ledger', async () => ledger.close())
    const datastore = await openPeerStore(dir.file('peers'), scope, onError)

    const kernel = createKernel({
      network: config.network,
      streamsPerProtocol: config.limits.streamsPerProtocol,
      corruptStrikes: config.profile === 'tos-spec' ? 1 : CORRUPT_STRIKES,
      streamTimes: { firstFrameMs: config.limits.firstHeaderTimeoutMs, minBytesPerSecond: config.limits.minBytesPerSecond, frameMs: config.limits.frameTimeoutMs }
    })
    const goodbyes = new LRUCache<string, string>({ max: 1000 })
    const penalise: Penalise = (peer, code) => {
      kernel.incidents.report({ code, peer, protocol: 'chain', error: new TosError(code, `${peer} broke a rule of the chain`) })
    }
    const ports = createNetworkPorts()
    const chain = createChainParts({ ledger, ports, hub, minerKey: minerKey.publicKey.raw, mineIntervalMs: config.mineIntervalMs, penalise, onError })
    const pending = createPendingServices()
    const farewells: GoodbyeService = { goodbye: ({ reason, text }, peer) => { goodbyes.set(peer, goodbyeText(reason, text)) } }
    const transport = createLibp2pOptions(transportSettings(config, privateKey, datastore, logger))
    const definitions = { ...builtinDefinitions(chain, pending, farewells), ...custom }
    const services = { ...transport.services, pubsub: gossipsub(gossipOptions(config.network, definitions)), ...mountAll(kernel, definitions) }
    const libp2p = await startLibp2p(() => createLibp2p({ ...transport, services } as unknown as Libp2pOptions<TosServices>))
    const node = libp2p as TosNode
    const stopLibp2p = libp2p.stop.bind(libp2p)
    scope.add('libp2p', stopLibp2p)
    scope.add('goodbye', () => sayGoodbye(node))
    ports.bind(node)

    const connector = createConnector(node, {
      bootstrap: [...config.bootstrap, ...config.dhtBootstrap], target: config.peers.target, min: config.peers.min, parallel: config.limits.parallelDials, dialTimeoutMs: config.limits.dialTimeoutMs,
      clock: () => performance.now(), failed: (address, error) => { logger?.forComponent('tos:connector').trace('dial of %s failed: %e', address, error) }
    })
    const dump = (): Record<string, Record<string, number>> => ({
      ...chain.dump(), connector: connector.dump(),
      ...Object.fromEntries(Object.entries(node.services).flatMap(([name, service]) => hasDump(service) ? [[name, service.dump()]] : []))
    })
    Object.assign(node, {
      dump,
      tos: {
        config, nodeId: peerIdToNodeId(node.peerId), privateKey, kernel, ledger, mempool: chain.mempool, sync: chain.sync, miner: chain.miner, connector, events: hub, imports: { running: 0 },
        submit: async (data: Uint8Array) => {
          const { id } = await chain.transactionRelay.submit(data)
          hub.emit({ event: 'transaction', id: toHex(id), origin: 'local' })
          return id
        }
      },
      stop: () => scope.close()
    })
    scope.add('watch', await watchNode(node, hub, goodbyes, minerKey.publicKey.raw))
    scope.add('chain', () => chain.stop())
    scope.add('connector', () => { connector.stop() })
    chain.sync.start()
    if (config.mine) chain.miner.start()
    connector.start()
    return node
  } catch (error) {
    await scope.close()
    throw error
  }
}

async function startLibp2p (create: () => Promise<Libp2p<TosServices>>): Promise<Libp2p<TosServices>> {
  try {
    return await create()
  } catch (cause) {
    if (cause instanceof TosError) throw cause
    const text = `${String(cause)} ${cause instanceof AggregateError ? cause.errors.map(String).join(' ') : ''}`
    if (/EADDRINUSE|EADDRNOTAVAIL|EACCES|listen|NoValidAddresses/i.test(text)) throw new TosError('LISTEN_FAILED', 'could not listen on any of the addresses', { cause })
    throw toTosError(cause)
  }
}

function hasDump (service: unknown): service is { dump (): Record<string, number> } {
  return typeof service === 'object' && service !== null && 'dump' in service && typeof service.dump === 'function'
}
