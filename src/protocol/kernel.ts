import { TosError } from '../errors/index.ts'
import { plainCarriers, sealedAndPlainCarriers, sealedCarriers } from './carriers.ts'
import type { Carriers, SessionCodecs } from './carriers.ts'
import { CorruptionGuard } from './corruption-guard.ts'
import type { ProtocolDefinition } from './definition.ts'
import type { KernelEnvironment, ProtocolComponents } from './environment.ts'
import { IncidentLog, isOwnFault } from './incidents.ts'
import { createProtocolService } from './protocol-service.ts'
import type { ProtocolService } from './protocol-service.ts'
import { createStreamService } from './stream-service.ts'
import type { StreamService } from './stream-service.ts'
import type { StreamDefinition } from './stream-definition.ts'
import { StreamWatch, WATCH_INTERVAL_MS } from './stream-watch.ts'
import type { StreamTimeLimits } from './stream-watch.ts'

/** Options of `createKernel`. */
export interface KernelOptions {
  /** Network name that replaces `{net}` in ids: `mainnet`, `testnet`, `devnet` or a private one. */
  readonly network: string
  /** Sessions of the same node (`createSessions`): every stream is sealed under them. Without, frames are plain. */
  readonly sessions?: SessionCodecs
  /** Beside the sealed ids offer the plain twins `/tos/<net>/plain/…` too; without `sessions` there is nothing else. Default false. */
  readonly plain?: boolean
  /** Another way to protect streams altogether, in place of both. */
  readonly carriers?: Carriers
  /** Inbound streams per protocol and connection, default 4. */
  readonly streamsPerProtocol?: number
  readonly streamTimes?: StreamTimeLimits
  /** Damaged frames within a minute that close a connection, default 3. */
  readonly corruptStrikes?: number
  /** Monotonic milliseconds, default `performance.now`. */
  readonly clock?: () => number
  /** Unix milliseconds, default `Date.now`. */
  readonly now?: () => number
  /** A random u64, default from the system. */
  readonly randomId?: () => bigint
}

/** The shared part of all protocols of one node: registry, incidents, stream guard. */
export interface Kernel {
  readonly network: string
  readonly incidents: IncidentLog
  /** Ids mounted so far, with their message codes. */
  readonly mounted: ReadonlyMap<string, readonly number[]>
  /** The ids under which a protocol is offered, best first; `{net}` stands for the network. */
  idsOf (protocolId: string): readonly string[]
  /**
   * Registers a protocol and returns its libp2p service factory: `createLibp2p({ services: { hello: kernel.mount(hello) } })`.
   * Throws `DUPLICATE_PROTOCOL` or `DUPLICATE_CODE`.
   */
  mount<Req, Res> (definition: ProtocolDefinition<Req, Res>): (components: ProtocolComponents) => ProtocolService<Req, Res>
  /** The same for a long-lived stream. */
  mountStream<In, Out> (definition: StreamDefinition<In, Out>): (components: ProtocolComponents) => StreamService<Out>
}

/** Creates the kernel of one node. Built-in protocols and a third party's are mounted alike. */
export function createKernel (options: KernelOptions): Kernel {
  const { network, clock = () => performance.now(), now = Date.now, streamsPerProtocol = 4 } = options
  if (!/^[a-z0-9-]{1,32}$/.test(network)) throw new TosError('INVALID_DEFINITION', `${network} is not a network name ([a-z0-9-]{1,32})`)
  const watch = new StreamWatch(options.streamTimes)
  const incidents = new IncidentLog()
  const corruption = new CorruptionGuard(clock, options.corruptStrikes)
  const environment: KernelEnvironment = {
    network, clock, watch, streamsPerProtocol,
    carriers: carriersOf(options, now),
    randomId: options.randomId ?? randomU64,
    report (connection, protocol, error) {
      incidents.report({ code: error.code, peer: isOwnFault(error) ? undefined : connection.remotePeer.toString(), protocol, error })
      if (corruption.strike(connection, error.code)) connection.abort(error)
    }
  }
  const mounted = new Map<string, readonly number[]>()
  const timer = createWatchTimer(watch, clock)
  const place = (id: string): string => id.replace('{net}', network)
  const register = <D extends { readonly id: string }>(definition: D, codes: readonly number[]): D => {
    const placed = { ...definition, id: place(definition.id) }
    checkUnique(mounted, placed.id, codes)
    mounted.set(placed.id, codes)
    return placed
  }
  return {
    network,
    incidents,
    mounted,
    idsOf: protocolId => environment.carriers(place(protocolId)).map(({ id }) => id),
    mount (definition) {
      const placed = register(definition, [definition.request.type.code, definition.response.type.code])
      return components => createProtocolService(placed, components, environment, timer)
    },
    mountStream (definition) {
      const placed = register(definition, [])
      return components => createStreamService(placed, components, environment, timer)
    }
  }
}

function carriersOf ({ carriers, sessions, plain = false }: KernelOptions, now: () => number): Carriers {
  if (carriers !== undefined) return carriers
  if (sessions === undefined) return plainCarriers(now)
  return plain ? sealedAndPlainCarriers(sessions, now) : sealedCarriers(sessions, now)
}

function checkUnique (mounted: ReadonlyMap<string, readonly number[]>, id: string, codes: readonly number[]): void {
  if (mounted.has(id)) throw new TosError('DUPLICATE_PROTOCOL', `${id} is mounted already`)
  for (const [other, taken] of mounted) {
    const clash = codes.find(code => code < 0x8000 && taken.includes(code))
    if (clash !== undefined) throw new TosError('DUPLICATE_CODE', `${id} and ${other} both use code 0x${clash.toString(16)}`)
  }
}

function randomU64 (): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] as bigint
}

function createWatchTimer (watch: StreamWatch, clock: () => number): { retain (): void, release (): void } {
  let users = 0
  let timer: NodeJS.Timeout | undefined
  return {
    retain () {
      if (users++ > 0) return
      timer = setInterval(() => { watch.check(clock()) }, WATCH_INTERVAL_MS)
      // browsers have nothing to keep alive, and no such method
      timer.unref?.()
    },
    release () {
      if (--users === 0) clearInterval(timer)
    }
  }
}
