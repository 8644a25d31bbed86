import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { GOODBYE_REASON } from '../../../protocols/goodbye/messages.ts'
import type { PeerFacts } from '../measures/index.ts'
import { createKeyHash, KEY_HASH_SECRET_LENGTH } from '../net/index.ts'
import { planDials, prioritise, topologyLimits, WHY_NOT } from '../topology/index.ts'
import type { DialPlan, Priorities } from '../topology/index.ts'
import { createConnections } from './connections.ts'
import type { Claim, Known } from './connections.ts'
import { dialCandidate, withoutPeer } from './dial-candidate.ts'
import { createDialRecords } from './dial-records.ts'
import { createDialler } from './dialler.ts'
import { createDuplicates } from './duplicates.ts'
import { makeRoom } from './make-room.ts'
import { createOutboundSlots } from './outbound-slots.ts'
import type { KnownCandidate, PeerManagerDeps } from './parts.ts'
import type { PeerManager, QueuedPeer } from './queued-peer.ts'

/** How often the peers are looked at, and how soon after a new candidate came, ms. */
const TICK_MS = 1000
const SOON_MS = 20
/** How long the node with the larger id lets the other dial when both have just heard of each other, ms. */
const YIELD_MS = 1500
/** How often the book hears that a dialled connection still stands, ms. */
const GOOD_EVERY_MS = 3_600_000
/** An extra peer for a stale tip has this long to bring a block before another is tried (as Bitcoin Core), ms. */
const EXTRA_EVERY_MS = 600_000

/** Keeps the node connected: whom to dial, whom to keep, and why. Policies are those of `topology`; this carries them out. */
export function createPeerManager (node: Libp2p, deps: PeerManagerDeps): PeerManager {
  const { candidates, book, clock, wall, schedule, random, limits, exemptPrivate, failed } = deps
  const records = createDialRecords(random)
  const slots = createOutboundSlots()
  // orders network groups in a way that only this node knows
  const hash = createKeyHash(Uint8Array.from({ length: KEY_HASH_SECRET_LENGTH }, () => Math.floor(random() * 256)))
  const connections = createConnections(node, deps, slots)
  const { claims, open } = connections
  const dialler = createDialler(node, deps, connections, slots, records, () => { look() })
  const complete = { has: (connection: Connection) => claims.has(connection) } as ReadonlySet<Connection>
  const duplicates = createDuplicates(node, { ...deps, complete })
  const own = node.peerId.toString()
  let cancelTick: (() => void) | undefined
  let soon: (() => void) | undefined
  let unsubscribe: (() => void) | undefined
  let plan: DialPlan = { dials: [], explain: new Map(), starved: false }
  let starvedSince: number | undefined
  let lastExtra = -Infinity
  let lastBlock = clock()

  const known = (): Known => new Map(candidates.list().map(candidate => [candidate.key, candidate]))

  /** False: the newcomer was sent away, for there is no place and nobody who may lose one. */
  const admit = (newcomer: Connection): boolean => {
    const all = known()
    if (newcomer.direction === 'outbound' || newcomer.status !== 'open' || connections.isSpared(newcomer, all)) return true
    // a further connection is a matter for `duplicates`
    if (connections.of(newcomer.remotePeer.toString()).some(each => each !== newcomer && !connections.isLeaving(each))) return true
    const room = makeRoom(connections.placed(newcomer, all), limits, hash)
    if (room === 'free') return true
    if (room === 'full') {
      connections.sendAway(newcomer)
      return false
    }
    records.cool(room.evict, GOODBYE_REASON.tooManyPeers, clock())
    for (const connection of connections.of(room.evict)) connections.sendAway(connection)
    return true
  }

  const prune = ({ drop }: Priorities, now: number): void => {
    for (const { peer, reason } of drop) {
      // a feeler has done its work: no need to tell anybody to stay away
      if (reason !== 'feeler-done') records.cool(peer, GOODBYE_REASON.tooManyPeers, now)
      for (const connection of connections.of(peer)) connections.sendAway(connection)
    }
  }

  const keepBook = (now: number): void => {
    for (const [connection, claim] of claims) {
      if (connection.status !== 'open') continue
      records.stayed(connection.remotePeer.toString(), now - claim.since)
      if (connection.direction === 'outbound' && now - claim.told >= GOOD_EVERY_MS) good(connection, claim, now)
    }
  }
  const good = (connection: Connection, claim: Claim, now: number): void => {
    claim.told = now
    book.good(withoutPeer(connection.remoteAddr.toString()), connection.remotePeer.toString(), wall(), { nodeType: claim.nodeType, services: claim.services })
  }

  /** One look at everything: drop, dial, search. */
  const look = (): void => {
    if (cancelTick === undefined) return
    const now = clock()
    const all = known()
    const peers = connections.peers(all)
    const connected = new Set(open().map(({ remotePeer }) => remotePeer.toString()))
    const named = peers.filter(({ role }) => role === 'static').length
    // the operator's peers come on top
    const standing = prioritise(peers, { now, random, exemptPrivate, limits: { ...limits, max: topologyLimits(limits).max + named } })
    prune(standing, now)
    connections.prunePlain(all)
    const outbound = new Map(open().filter(({ direction }) => direction === 'outbound').map(connection => [connection.remotePeer.toString(), connection]))
    const state = {
      now, connected, starvedSince,
      reached: new Set(open().map(({ remoteAddr }) => withoutPeer(remoteAddr.toString()))),
      slots: slots.list(outbound, peer => all.get(peer)),
      want: standing.want,
      staleTip: now - lastExtra >= EXTRA_EVERY_MS && now - lastBlock >= (deps.staleTipMs ?? Infinity),
      // feelers are the book's: it knows what is untried and what waits in a test
      lastFeelerAt: now
    }
    const groups = new Set(peers.flatMap(({ group }) => group ?? []))
    const measured = (peer: string | undefined): PeerFacts | undefined => peer === undefined ? undefined : deps.measured?.(peer)
    const dialable = (candidate: KnownCandidate) => dialCandidate(candidate, records.get(candidate.key), {
      banned: deps.banned?.(candidate.key, candidate.addresses) ?? false, facts: measured(candidate.peer), groups
    })
    plan = planDials([...all.values()].map(dialable), state, { random, exemptPrivate, limits, dials: deps.dials })
    starvedSince = plan.starved ? starvedSince ?? now : undefined
    for (const planned of plan.dials) {
      const candidate = all.get(planned.candidate.peer)
      if (planned.purpose === 'extra') lastExtra = now
      if (candidate !== undefined) void dialler.dial(planned, candidate)
    }
    const { peers: missing, outbound: missingOutbound, emergency } = standing.want
    if (missing === 0 && missingOutbound === 0) dialler.feel(all, connected, now)
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
      // who called between the start of libp2p and ours
      for (const connection of open()) opened(new CustomEvent('connection:open', { detail: connection }))
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
      dialler.stop()
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
    peers: () => connections.peers(known()),
    dump: () => ({ candidates: candidates.list().length, ...records.dump(), sessions: claims.size, duplicates: duplicates.size, ...slots.dump() })
  }
}
