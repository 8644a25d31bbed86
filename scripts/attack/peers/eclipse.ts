import { createCandidates } from '../../../src/discovery/index.ts'
import type { Candidate } from '../../../src/discovery/index.ts'
import type { AddressBook } from '../../../src/peers/book/index.ts'
import { groupKey, ipOf } from '../../../src/peers/net/index.ts'
import type { IpAddress } from '../../../src/peers/net/index.ts'
import { planDials, prioritise, TOPOLOGY_LIMITS } from '../../../src/peers/topology/index.ts'
import type { DialCandidate, DialOrigin, OutboundSlot, TopologyPeer } from '../../../src/peers/topology/index.ts'
import { nodeIdToPeerId } from '../../../src/protocol/index.ts'
import { address, DAY, ip, memoryStore, NOW, seeded, testBook } from '../../../test/peers-book/book-fixture.ts'
import { limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import type { Scale } from './scale.ts'

const HONEST = 8
const HOSTILE = 64
const GROUPS = [1, 4, 8] as const
const RESTARTS = { quick: 10, short: 50, long: 50 } as const
const RUNS = { quick: 1, short: 2, long: 20 } as const
/** Time the node has to find its peers, one look a second. */
const TICKS = 10
/** The attacker comes to us as soon as we listen: with these the node wants no more outbound peers than the least. */
const INBOUND = TOPOLOGY_LIMITS.target - TOPOLOGY_LIMITS.minOutbound
const PICKS = 16

/** Eclipse: of 72 addresses 64 are the attacker's, in G networks; all of them answer, tell of each other and fill the inbound places. */
export function eclipse (scale: Scale): Row[] {
  return GROUPS.flatMap(groups => {
    const runs = Array.from({ length: RUNS[scale] }, (_, seed) => run(groups, seed + 1, RESTARTS[scale]))
    const sum = (field: keyof Outcome): number => runs.reduce((total, outcome) => total + outcome[field], 0)
    const all = RESTARTS[scale] * runs.length
    const what = `eclipse, ${HONEST} honest and ${HOSTILE} hostile addresses, G = ${groups}, ${all} restarts`
    return [
      limitRow(`${what}: outbound peers all hostile`, sum('eclipses'), 'starts', 0),
      plainRow(`${what}: hostile share of outbound`, 100 * sum('hostile') / all, '%')
    ]
  })
}

interface Outcome { readonly eclipses: number, readonly hostile: number }

function run (groups: number, seed: number, restarts: number): Outcome {
  const store = memoryStore()
  let book = testBook(seed, { store })
  for (let i = 0; i < HONEST; i++) book.good(honestAddress(i), id(i), NOW)
  // half of his addresses were dialled before: he stands in both tables
  for (let i = 0; i < HOSTILE / 2; i++) book.good(hostileAddress(i, groups), id(HONEST + i), NOW)
  const outcome = { eclipses: 0, hostile: 0 }
  for (let restart = 1; restart <= restarts; restart++) {
    const now = NOW + restart * DAY / 4
    // his last word before the stop: all his addresses, from all his networks
    for (let source = 0; source < groups; source++) book.add(Array.from({ length: HOSTILE }, (_, i) => ({ address: hostileAddress(i, groups) })), ip(source, 1), now)
    book.save()
    book = testBook(1000 * seed + restart, { store })
    const slots = start(book, groups, now, seeded(1000 * seed + restart))
    const hostile = slots.filter(({ group }) => isHostile(group)).length
    if (hostile === slots.length) outcome.eclipses++
    outcome.hostile += hostile / slots.length
    const last = [...slots.filter(({ purpose }) => purpose === 'block-only'), ...slots]
    book.setAnchors(last.map(({ peer, address }) => ({ address, peer })))
  }
  return outcome
}

interface Slot extends OutboundSlot { readonly address: string }

/** One start: the anchors, the book and what hostile peers tell become candidates, and the node's own policies choose. */
function start (book: AddressBook, groups: number, startedAt: number, random: () => number): Slot[] {
  let now = startedAt
  const candidates = createCandidates({ self: 'self', clock: { now: () => now } })
  for (const { peer, address } of book.takeAnchors()) candidates.add('anchor', { peer, addresses: [address] })
  let slots: Slot[] = []
  for (let tick = 0; tick < TICKS; tick++, now += 1000) {
    slots = slots.map(slot => ({ ...slot, dialling: false }))
    // he needs a moment to reach us, and has to be asked before he may tell that much
    const inbound = Array.from({ length: tick === 0 ? 0 : INBOUND }, (_, i): TopologyPeer => connected(id(1000 + i), 'inbound', groupOf(hostileAddress(i, groups)), tick, 1))
    for (const [i, { peer }] of tick === 1 ? inbound.entries() : []) {
      for (let told = 0; told < PICKS; told++) candidates.add(`exchange:${peer}`, { peer: id(HONEST + (i + told) % HOSTILE), addresses: [hostileAddress((i + told) % HOSTILE, groups)] })
    }
    const outbound = slots.map(({ peer, group }) => connected(peer, 'outbound', group, tick, isHostile(group) ? 1 : 100))
    const { drop, want } = prioritise([...inbound, ...outbound], { now, random })
    const gone = new Set(drop.map(({ peer }) => peer))
    slots = slots.filter(({ peer }) => !gone.has(peer))
    // the book is asked first, as the node does
    const exclude = new Set(slots.map(({ address }) => address))
    for (const { addresses } of candidates.list()) for (const known of addresses) exclude.add(known)
    for (let picked = 0; picked < Math.min(PICKS, Math.max(want.peers, want.outbound)); picked++) {
      const entry = book.pick({ exclude }, now)
      if (entry === undefined) break
      exclude.add(entry.address)
      candidates.add('book', { peer: entry.peer ?? idAt(entry.address), addresses: [entry.address] })
    }
    const plan = planDials(candidates.list().map(dialCandidate), { now, connected: new Set(slots.map(({ peer }) => peer)), reached: new Set(), slots, want, lastFeelerAt: now }, { random })
    for (const { candidate, purpose, origin } of plan.dials) {
      const { peer, group, addresses: [address = ''] } = candidate
      book.attempt(address, now)
      book.good(address, peer, now)
      slots.push({ peer, group, purpose, origin, dialling: true, address })
    }
  }
  return slots
}

function connected (peer: string, direction: 'inbound' | 'outbound', group: string | undefined, tick: number, rttMs: number): TopologyPeer {
  return { peer, direction, group, nodeType: 'full', services: 0n, rttMs, connectedMs: tick * 1000, score: 500 }
}

function dialCandidate ({ key, addresses, origins }: Candidate): DialCandidate {
  return {
    peer: key, addresses, group: groupOf(addresses[0] ?? ''), tried: false, failures: 0, notBefore: 0, prior: 50,
    role: origins.includes('anchor') ? 'anchor' : undefined,
    origins: origins.map((origin): DialOrigin => origin.startsWith('exchange') ? { source: 'exchange', seed: origin } : { source: 'book', seed: 'book' })
  }
}

const honestAddress = (i: number): string => address(1000 + i, 1)
const hostileAddress = (i: number, groups: number): string => address(i % groups, i)

function groupOf (text: string): string {
  return groupKey(ipOf(text) as IpAddress)
}

/** The attacker's networks are 11.0 to 11.7; honest peers lie above. */
function isHostile (group: string | undefined): boolean {
  return /^11\.[0-7]\./.test(group ?? '')
}

/** Who answers there, for entries of `new` whose key no dial has proved. */
function idAt (text: string): string {
  const { bytes: [, , , last = 0] } = ipOf(text) as IpAddress
  return id(HONEST + last)
}

function id (n: number): string {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, n)
  return nodeIdToPeerId(bytes).toString()
}
