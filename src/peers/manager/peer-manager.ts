import { setMaxListeners } from 'node:events'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { GOODBYE_REASON } from '../../../protocols/goodbye/messages.ts'
import type { PeerFacts } from '../measures/index.ts'
import { createKeyHash, KEY_HASH_SECRET_LENGTH } from '../net/index.ts'
import { planDials, prioritise, topologyLimits, WHY_NOT } from '../topology/index.ts'
import type { DialCandidate, DialPlan, PeerRole, PlannedDial, Priorities, TopologyPeer } from '../topology/index.ts'
import { dialCandidate, nodeTypeName, whereabouts, withoutPeer } from './dial-candidate.ts'
import { createDialRecords } from './dial-records.ts'
import { createDuplicates } from './duplicates.ts'
import { makeRoom } from './make-room.ts'
import type { PlacedPeer } from './make-room.ts'
import { createOutboundSlots } from './outbound-slots.ts'
import type { KnownCandidate, PeerClaims, PeerManagerDeps } from './parts.ts'
import type { PeerManager, QueuedPeer } from './queued-peer.ts'

/** How often the peers are looked at, and how soon after a new candidate came, ms. */
const TICK_MS = 1000
const SOON_MS = 20
/** How long the node with the larger id lets the other dial when both have just heard of each other, ms. */
const YIELD_MS = 1500
/** Dials in a row that may fail before hearsay is forgotten. */
const MAX_FAILURES = 10
/** How often the book hears that a dialled connection still stands, ms. */
const GOOD_EVERY_MS = 3_600_000
const START_SCORE = 500
/** An extra peer for a stale tip has this long to bring a block before another is tried (as Bitcoin Core), ms. */
const EXTRA_EVERY_MS = 600_000

/** Keeps the node connected: whom to dial, whom to keep, and why. Policies are those of `topology`; this carries them out. */
export function createPeerManager (node: Libp2p, deps: PeerManagerDeps): PeerManager {
  const { candidates, book, clock, wall, schedule, random, limits, exemptPrivate, failed } = deps
  const records = createDialRecords(random)
  const slots = createOutboundSlots()
  // orders network groups in a way that only this node knows
  const hash = createKeyHash(Uint8Array.from({ length: KEY_HASH_SECRET_LENGTH }, () => Math.floor(random() * 256)))
  /** Connections with a session, and what the peer says of itself; as many as there are connections. */
  const claims = new Map<Connection, PeerClaims & { readonly since: number, told: number }>()
  const complete = { has: (connection: Connection) => claims.has(connection) } as ReadonlySet<Connection>
  const duplicates = createDuplicates(node, { ...deps, complete })
  /** Told to go, but not gone yet. */
  const leaving = new WeakSet<Connection>()
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const own = node.peerId.toString()
  let cancelTick: (() => void) | undefined
  let soon: (() => void) | undefined
  let unsubscribe: (() => void) | undefined
  let plan: DialPlan = { dials: [], explain: new Map(), starved: false }
  let starvedSince: number | undefined
  let lastFeeler = -Infinity
  let lastExtra = -Infinity
  let lastBlock = clock()

  const open = (): Connection[] => node.getConnections().filter(({ status }) => status === 'open')
  const banned = ({ key, addresses }: KnownCandidate): boolean => deps.banned?.(key, addresses) ?? false
  const roleOf = (peer: string, candidate: KnownCandidate | undefined): PeerRole | undefined => {
    if (candidate?.origins.some(origin => origin.startsWith('operator')) === true) return 'static'
    const purpose = slots.useOf(peer)?.purpose
    return purpose === 'named' ? 'static' : purpose === 'full' ? undefined : purpose
  }

  const peersNow = (byKey: ReadonlyMap<string, KnownCandidate>): TopologyPeer[] => {
    const peers: TopologyPeer[] = []
    for (const [peer, connections] of Map.groupBy(open(), ({ remotePeer }) => remotePeer.toString())) {
      const connection = connections.find(complete.has) ?? connections[0] as Connection
      const { nodeType = 255, services = 0n } = claims.get(connection) ?? {}
      const { rttMs, lastBlockAt, lastTransactionAt } = deps.measured?.(peer) ?? {}
      peers.push({
        ...whereabouts(connection.remoteAddr.toString()),
        peer, services, rttMs, nodeType: nodeTypeName(nodeType), direction: connection.direction,
        connectedMs: Math.max(0, wall() - connection.timeline.open), score: deps.score?.(peer) ?? START_SCORE,
        role: roleOf(peer, byKey.get(peer)), firstBlockAt: lastBlockAt, firstTxAt: lastTransactionAt
      })
    }
    return peers
  }
  const isSpared = (connection: Connection, candidate: KnownCandidate | undefined): boolean => roleOf(connection.remotePeer.toString(), candidate) === 'static' || deps.spared?.(connection) === true

  const sendAway = (connection: Connection): void => {
    if (leaving.has(connection)) return
    leaving.add(connection)
    void deps.part(connection, GOODBYE_REASON.tooManyPeers)
  }
  /** False: the newcomer was sent away, for there is no place and nobody who may lose one. */
  const admit = (newcomer: Connection): boolean => {
    const byKey = new Map(candidates.list().map(candidate => [candidate.key, candidate]))
    const own = newcomer.remotePeer.toString()
    if (newcomer.direction === 'outbound' || newcomer.status !== 'open' || isSpared(newcomer, byKey.get(own))) return true
    const peers: PlacedPeer[] = []
    for (const [id, connections] of Map.groupBy(open().filter(each => each !== newcomer && !leaving.has(each)), ({ remotePeer }) => remotePeer.toString())) {
      // a further connection is a matter for `duplicates`
      if (id === own) return true
      const [connection] = connections as [Connection]
      if (slots.useOf(id)?.purpose === 'feeler') continue
      const { rttMs, minRttMs = rttMs, lastBlockAt, lastTransactionAt } = deps.measured?.(id) ?? {}
      peers.push({
        id, direction: connections.some(({ direction }) => direction === 'outbound') ? 'outbound' : 'inbound', spared: isSpared(connection, byKey.get(id)),
        group: whereabouts(connection.remoteAddr.toString()).group ?? 'relayed', connectedAt: connection.timeline.open, pingMs: minRttMs, lastBlockAt, lastTransactionAt
      })
    }
    const room = makeRoom(peers, limits, hash)
    if (room === 'free') return true
    if (room === 'full') {
      sendAway(newcomer)
      return false
    }
    records.cool(room.evict, GOODBYE_REASON.tooManyPeers, clock())
    for (const connection of open()) if (connection.remotePeer.toString() === room.evict) sendAway(connection)
    return true
  }

  const dial = async ({ candidate: { peer: key, addresses }, purpose, origin }: PlannedDial, known: KnownCandidate): Promise<void> => {
    slots.begin(key, addresses[0], { purpose, origin })
    records.tried(key, clock())
    for (const address of addresses) book.attempt(address, wall())
    let connection: Connection | undefined
    try {
      const targets = addresses.map(address => multiaddr(known.peer === undefined ? address : `${address}/p2p/${known.peer}`))
      connection = await node.dial(targets, { signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(deps.dialTimeoutMs)]) })
      const peer = connection.remotePeer.toString()
      // a feeler that found somebody who is here already is no reason to send them away when it is done
      const was = open().some(other => other !== connection && other.remotePeer.toString() === peer)
      slots.end(key, purpose === 'feeler' && was ? undefined : peer)
      if (purpose === 'block-only') deps.blocksOnly?.(connection.remotePeer)
      deps.dialled?.(peer, true, known.origins)
      // success may be short-lived (another network, a full peer, ourselves): wait before the next try either way
      records.wait(key, clock() + TICK_MS * 4)
      if (!candidates.proved(known, addresses.length === 1 ? addresses[0] as string : withoutPeer(connection.remoteAddr.toString()), peer)) {
        records.cool(key, 'dial-failed', clock())
        await connection.close()
      }
    } catch (error) {
      slots.end(key)
      if (stopping.signal.aborted) return
      for (const address of addresses) book.failed(address, wall())
      if (known.peer !== undefined) deps.dialled?.(known.peer, false, known.origins)
      const hearsay = !known.origins.some(name => /^(?:operator|bootstrap)/.test(name))
      if (records.cool(key, 'dial-failed', clock()) >= MAX_FAILURES && hearsay) candidates.remove(key)
      candidates.unreached?.(known, error)
      failed(`dial of ${addresses[0] ?? key}`, error)
      // the place is free again
      look()
    }
  }

  const prune = ({ drop }: Priorities, now: number): void => {
    for (const { peer, reason } of drop) {
      // a feeler has done its work: no need to tell anybody to stay away
      if (reason !== 'feeler-done') records.cool(peer, GOODBYE_REASON.tooManyPeers, now)
      for (const connection of open()) if (connection.remotePeer.toString() === peer) sendAway(connection)
    }
  }

  /** Tests a hint or an incumbent of the book, when there is nothing better to dial. */
  const feel = (byKey: ReadonlyMap<string, KnownCandidate>, connected: ReadonlySet<string>, now: number): void => {
    if (slots.dialling.size > 0 || now - lastFeeler < TICK_MS * 10) return
    const entry = book.feeler(wall())?.entry
    if (entry === undefined) return
    lastFeeler = now
    const key = entry.peer ?? entry.address
    if (connected.has(key) || key === own) return
    const known = byKey.get(key) ?? { key, peer: entry.peer, addresses: [entry.address], origins: ['book'], nodeType: entry.nodeType, services: entry.services }
    const candidate: DialCandidate = dialCandidate(known, records.get(key), { banned: banned(known) })
    if (candidate.banned !== true) void dial({ candidate, purpose: 'feeler', origin: { source: 'book', seed: 'book' } }, known)
  }

  const keepBook = (now: number): void => {
    for (const [connection, claim] of claims) {
      if (connection.status !== 'open') continue
      records.stayed(connection.remotePeer.toString(), now - claim.since)
      if (connection.direction === 'outbound' && now - claim.told >= GOOD_EVERY_MS) good(connection, claim, now)
    }
  }
  const good = (connection: Connection, claim: PeerClaims & { told: number }, now: number): void => {
    claim.told = now
    book.good(withoutPeer(connection.remoteAddr.toString()), connection.remotePeer.toString(), wall(), { nodeType: claim.nodeType, services: claim.services })
  }

  /** One look at everything: drop, dial, search. */
  const look = (): void => {
    if (cancelTick === undefined) return
    const now = clock()
    const all = candidates.list()
    const byKey = new Map(all.map(candidate => [candidate.key, candidate]))
    const peers = peersNow(byKey)
    const connected = new Set(peers.map(({ peer }) => peer))
    const named = peers.filter(({ role }) => role === 'static').length
    // the operator's peers come on top
    const standing = prioritise(peers, { now, random, exemptPrivate, limits: { ...limits, max: topologyLimits(limits).max + named } })
    prune(standing, now)
    const outbound = new Map(open().filter(({ direction }) => direction === 'outbound').map(connection => [connection.remotePeer.toString(), connection]))
    const state = {
      now, connected, starvedSince,
      reached: new Set(open().map(({ remoteAddr }) => withoutPeer(remoteAddr.toString()))),
      slots: slots.list(outbound, peer => byKey.get(peer)),
      want: standing.want,
      staleTip: now - lastExtra >= EXTRA_EVERY_MS && now - lastBlock >= (deps.staleTipMs ?? Infinity),
      // feelers are the book's: it knows what is untried and what waits in a test
      lastFeelerAt: now
    }
    const groups = new Set(peers.flatMap(({ group }) => group ?? []))
    const measured = (peer: string | undefined): PeerFacts | undefined => peer === undefined ? undefined : deps.measured?.(peer)
    plan = planDials(all.map(candidate => dialCandidate(candidate, records.get(candidate.key), { banned: banned(candidate), facts: measured(candidate.peer), groups })), state, { random, exemptPrivate, limits, dials: deps.dials })
    starvedSince = plan.starved ? starvedSince ?? now : undefined
    for (const planned of plan.dials) {
      const known = byKey.get(planned.candidate.peer)
      if (planned.purpose === 'extra') lastExtra = now
      if (known !== undefined) void dial(planned, known)
    }
    const { peers: missing, outbound: missingOutbound, emergency } = standing.want
    if (missing === 0 && missingOutbound === 0) feel(byKey, connected, now)
    keepBook(now)
    const waiting = [...plan.explain.values()].filter(why => why === 'queue' || why === 'bootstrap-last').length
    candidates.search({ wanted: Math.max(missing, missingOutbound), emergency, open: waiting + plan.dials.length })
  }
  const lookSoon = (): void => {
    soon ??= schedule(() => {
      soon = undefined
      look()
    }, SOON_MS)
  }
  const tick = (): void => {
    cancelTick = schedule(tick, TICK_MS)
    look()
  }

  const opened = ({ detail: connection }: CustomEvent<Connection>): void => {
    if (!admit(connection)) return
    // before a word is exchanged, where the id was known; else as soon as it is
    if (slots.dialling.get(connection.remotePeer.toString())?.purpose === 'block-only') deps.blocksOnly?.(connection.remotePeer)
    deps.ready(connection).then(said => {
      if (connection.status !== 'open') return
      const now = clock()
      const claim = { ...said, since: now, told: -Infinity }
      claims.set(connection, claim)
      records.proved(connection.remotePeer.toString())
      if (connection.direction === 'outbound') good(connection, claim, now)
      duplicates.check(connection.remotePeer)
      // it may know others
      lookSoon()
    }).catch((error: unknown) => { failed(`session with ${connection.remotePeer.toString()}`, error) })
  }
  const closed = ({ detail: connection }: CustomEvent<Connection>): void => {
    claims.delete(connection)
    duplicates.closed(connection)
  }
  const left = ({ detail }: CustomEvent<PeerId>): void => {
    const peer = detail.toString()
    // who told us why is already waiting for longer
    if (records.get(peer).notBefore <= clock()) records.cool(peer, 'lost', clock())
  }

  const anchors = (): void => {
    const outbound = open().filter(connection => connection.direction === 'outbound' && complete.has(connection))
    const rank = ({ remotePeer }: Connection): number => slots.useOf(remotePeer.toString())?.purpose === 'block-only' ? 0 : 1
    const best = outbound.sort((a, b) => rank(a) - rank(b) || a.timeline.open - b.timeline.open)
    if (best.length > 0) book.setAnchors(best.map(({ remoteAddr, remotePeer }) => ({ address: withoutPeer(remoteAddr.toString()), peer: remotePeer.toString() })))
  }

  const view = ({ key, addresses, origins }: KnownCandidate, now: number): QueuedPeer => {
    const { failures, notBefore } = records.get(key)
    const why = slots.dialling.has(key) ? 'dialling' : plan.explain.get(key)
    return { key, addresses, origins, failures, waitMs: Math.max(0, Math.round(notBefore - now)), ...(why === undefined ? {} : { why, because: WHY_NOT[why] }) }
  }

  return {
    start () {
      unsubscribe = candidates.subscribe(({ key, peer, origins }) => {
        // two nodes that discover each other at once would otherwise both dial: the one with the smaller id goes first
        const near = origins.every(origin => origin === 'mdns' || origin === 'dht')
        if (near && peer !== undefined && peer < own && records.get(key).triedAt === undefined) records.wait(key, clock() + YIELD_MS)
        lookSoon()
      })
      node.addEventListener('connection:open', opened)
      node.addEventListener('connection:close', closed)
      node.addEventListener('peer:disconnect', left)
      tick()
    },
    stop () {
      if (cancelTick === undefined) return
      cancelTick()
      cancelTick = undefined
      soon?.()
      unsubscribe?.()
      node.removeEventListener('connection:open', opened)
      node.removeEventListener('connection:close', closed)
      node.removeEventListener('peer:disconnect', left)
      stopping.abort()
      duplicates.stop()
      anchors()
    },
    parted (peer, reason) {
      const cause = reason === GOODBYE_REASON.duplicateConnection && open().filter(({ remotePeer }) => remotePeer.toString() === peer).length > 1
      if (!cause) records.cool(peer, reason, clock())
    },
    newBlock () { lastBlock = clock() },
    queue: () => candidates.list().map(candidate => view(candidate, clock())),
    candidates: () => [...candidates.list()],
    peers: () => peersNow(new Map(candidates.list().map(candidate => [candidate.key, candidate]))),
    dump: () => ({ candidates: candidates.list().length, ...records.dump(), sessions: claims.size, duplicates: duplicates.size, ...slots.dump() })
  }
}
