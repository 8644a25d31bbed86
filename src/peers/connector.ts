import { setMaxListeners } from 'node:events'
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { backoff, planDials } from './dial-plan.ts'
import type { Candidate } from './dial-plan.ts'

/** Candidates remembered; beyond it the one that failed most goes. */
const MAX_CANDIDATES = 1000
/** Addresses tried per candidate; those of the operator always stay. */
const MAX_ADDRESSES = 8
/** How long the node with the larger id lets the other dial, ms. */
const YIELD_MS = 1500
/** How often the plan is made anew, ms. */
const TICK_MS = 1000
/** Pause between two walks through the DHT while below the target, and while below the minimum, ms. */
const WALK_EVERY_MS = 30_000
const URGENT_WALK_EVERY_MS = 5000

/** Options of `createConnector`. */
export interface ConnectorOptions {
  /** Addresses to dial first; those without `/p2p/<id>` are taken on trust. */
  readonly bootstrap: readonly string[]
  readonly target: number
  /** Below this many peers the DHT is asked more often. */
  readonly min: number
  readonly parallel: number
  readonly dialTimeoutMs: number
  /** Monotonic milliseconds. */
  readonly clock: () => number
  /** Told about every dial and every walk through the DHT that failed. */
  readonly failed: (what: string, error: unknown) => void
}

/** Keeps the node connected: libp2p v3 dials nobody by itself. */
export interface Connector {
  start (): void
  stop (): void
  /** What is known and what it waits for. */
  dump (): Record<string, number>
  candidates (): Candidate[]
}

/** A small dialler: at most `parallel` dials at once, back-off per peer, a deadline per dial, a visible queue. */
export function createConnector (node: Libp2p, options: ConnectorOptions): Connector {
  const { target, min, parallel, dialTimeoutMs, clock, failed } = options
  const known = new Map<string, Candidate>()
  /** What the operator named, by candidate: no answer from the network may take its place. */
  const named = new Map<string, readonly string[]>()
  const dialling = new Set<string>()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  let timer: NodeJS.Timeout | undefined
  let walking = false
  let lastWalk = -Infinity

  const add = (key: string, addresses: readonly string[], source: Candidate['source']): void => {
    const old = known.get(key)
    // two nodes that discover each other at once would otherwise both dial: the one with the smaller id goes first
    const yields = source === 'discovery' && key < node.peerId.toString()
    const own = named.get(key) ?? []
    // what is told last is most likely true, so it goes before what was told earlier
    const all = [...new Set([...own, ...addresses, ...old?.addresses ?? []])].slice(0, Math.max(MAX_ADDRESSES, own.length))
    known.set(key, { failures: 0, notBefore: yields ? clock() + YIELD_MS : 0, ...old, key, source: old?.source ?? source, addresses: all })
    if (known.size > MAX_CANDIDATES) known.delete(worst(known))
  }
  const discovered = ({ detail }: CustomEvent<PeerInfo>): void => {
    if (detail.id.equals(node.peerId)) return
    add(detail.id.toString(), detail.multiaddrs.map(address => withPeer(address, detail.id.toString())), 'discovery')
    tick()
  }

  // addresses may have come during the dial, and the candidate may have gone
  const change = (key: string, outcome: Pick<Candidate, 'failures' | 'notBefore'>): void => {
    const now = known.get(key)
    if (now !== undefined) known.set(key, { ...now, ...outcome })
  }

  const dial = async (candidate: Candidate): Promise<void> => {
    dialling.add(candidate.key)
    try {
      await node.dial(candidate.addresses.map(address => multiaddr(address)), { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(dialTimeoutMs)]) })
      // success may be short-lived (wrong network, full peer): wait before the next try either way
      change(candidate.key, { failures: 0, notBefore: clock() + backoff(3) })
    } catch (error) {
      if (stopping.signal.aborted) return
      const failures = candidate.failures + 1
      if (candidate.source === 'bootstrap' || failures < 10) change(candidate.key, { failures, notBefore: clock() + backoff(failures) })
      else known.delete(candidate.key)
      failed(`dial of ${candidate.addresses[0] ?? candidate.key}`, error)
    } finally {
      dialling.delete(candidate.key)
    }
  }

  const walk = async (): Promise<void> => {
    walking = true
    try {
      for await (const peer of node.peerRouting.getClosestPeers(randomKey(), { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(10_000)]) })) {
        if (stopping.signal.aborted) return
        if (!peer.id.equals(node.peerId)) add(peer.id.toString(), peer.multiaddrs.map(address => withPeer(address, peer.id.toString())), 'dht')
      }
    } catch (error) {
      if (!stopping.signal.aborted) failed('walk through the DHT', error)
    } finally {
      walking = false
      tick()
    }
  }

  const tick = (): void => {
    if (timer === undefined) return
    const connected = new Set(node.getPeers().map(String))
    const reached = new Set(node.getConnections().map(({ remoteAddr }) => remoteAddr.toString().replace(/\/p2p\/.*$/, '')))
    const peers = connected.size
    const now = clock()
    for (const candidate of planDials(known.values(), { connected, reached, dialling, target, parallel, now })) void dial(candidate)
    if (peers > 0 && peers < target && !walking && now - lastWalk > (peers < min ? URGENT_WALK_EVERY_MS : WALK_EVERY_MS)) {
      lastWalk = now
      void walk()
    }
  }

  return {
    start () {
      for (const address of options.bootstrap) {
        const key = peerOf(address) ?? address
        named.set(key, [...named.get(key) ?? [], address])
        add(key, [], 'bootstrap')
      }
      node.addEventListener('peer:discovery', discovered)
      timer = setInterval(tick, TICK_MS)
      tick()
    },
    stop () {
      clearInterval(timer)
      timer = undefined
      node.removeEventListener('peer:discovery', discovered)
      stopping.abort()
      known.clear()
    },
    dump: () => ({ candidates: known.size, dialling: dialling.size }),
    candidates: () => [...known.values()]
  }
}

function worst (known: ReadonlyMap<string, Candidate>): string {
  let found: Candidate | undefined
  for (const candidate of known.values()) if (candidate.source !== 'bootstrap' && (found === undefined || candidate.failures > found.failures)) found = candidate
  return found?.key ?? known.keys().next().value as string
}

function peerOf (address: string): string | undefined {
  return /\/p2p\/([^/]+)$/.exec(address)?.[1]
}

function withPeer (address: Multiaddr, peer: string): string {
  const text = address.toString()
  return peerOf(text) === undefined ? `${text}/p2p/${peer}` : text
}

function randomKey (): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}
