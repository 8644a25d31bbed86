import { expire, holderOf, mergeHint, newEntry, trustOf, viewOf } from './candidate-entry.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import type { Candidate } from './candidate.ts'
import { peerOfHint } from './hint.ts'
import type { Hint } from './hint.ts'
import { splitPeer } from './peer-address.ts'
import { createRooms } from './rooms.ts'
import type { Origin, SourceKind } from './sources.ts'

/** The bounded set behind `createCandidates`: merging, rooms and expiry, with the time passed in. */
export interface CandidateSet {
  /** Merges a hint; returns the keys that are new or changed. */
  add (origin: Origin, hint: Hint, now: number): string[]
  remove (key: string): void
  expire (now: number): void
  get (key: string): Candidate | undefined
  all (): Candidate[]
  /** Candidates of one kind. */
  held (kind: SourceKind): number
  readonly size: number
}

export function createCandidateSet (max: number, removed: (key: string) => void): CandidateSet {
  const entries = new Map<string, CandidateEntry>()
  const rooms = createRooms(max)
  /** Address to those with an id that are said to be there: at most 8 addresses per entry, so as bounded as they are. */
  const there = new Map<string, Set<string>>()

  const drop = (key: string): void => {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    rooms.remove(key)
    unlist(entry, entry.addresses.keys())
    removed(key)
  }
  const unlist = ({ key }: CandidateEntry, addresses: Iterable<string>): void => {
    for (const address of addresses) {
      const keys = there.get(address)
      keys?.delete(key)
      if (keys?.size === 0) there.delete(address)
    }
  }

  const put = (key: string, peer: string | undefined, origin: Origin, addresses: readonly string[], hint: Hint, now: number): boolean => {
    const entry = entries.get(key) ?? newEntry(key, peer, now)
    entries.set(key, entry)
    const before = [...entry.addresses.keys()]
    const changed = mergeHint(entry, origin, addresses, hint, now)
    if (peer !== undefined) {
      unlist(entry, before.filter(address => !entry.addresses.has(address)))
      for (const address of entry.addresses.keys()) there.set(address, (there.get(address) ?? new Set()).add(key))
    }
    settle(entry)
    return changed
  }
  const settle = (entry: CandidateEntry): void => {
    const evicted = rooms.place(holderOf(entry), entry.key)
    if (evicted !== undefined) drop(evicted)
  }

  /** With an id: candidates without one at the same address were the same peer, if this origin is trusted no less than theirs. */
  const addPeer = (peer: string, origin: Origin, addresses: readonly string[], hint: Hint, now: number): string[] => {
    let changed = put(peer, peer, origin, addresses, hint, now)
    for (const address of addresses) {
      const nameless = entries.get(address)
      if (nameless === undefined || !mayName(nameless, origin)) continue
      const { origins, nodeType, services, claimTrust } = nameless
      drop(address)
      for (const [other, at] of origins) changed = put(peer, peer, other, [address], claimTrust < 0 ? { addresses: [] } : { addresses: [], nodeType, services }, at) || changed
    }
    return changed ? [peer] : []
  }
  /** Without an id: it belongs to those who are said to be there by somebody trusted no less, else it stays by itself. */
  const addAddress = (address: string, origin: Origin, hint: Hint, now: number): string[] => {
    const named = [...there.get(address) ?? []].filter(key => trustAt(entries.get(key), address) >= trustOf(origin))
    const keys = named.length > 0 ? named : [address]
    // making room for one of them may have cost another its place
    return keys.filter(key => (key === address || entries.has(key)) && put(key, entries.get(key)?.peer, origin, [address], hint, now))
  }

  return {
    add (origin, hint, now) {
      const split = hint.addresses.map(splitPeer)
      const peer = peerOfHint(hint)
      // an address that names another peer was put here by mistake or on purpose
      const addresses = [...new Set(split.filter(each => each.peer === undefined || each.peer === peer).map(({ address }) => address))]
      return peer === undefined ? addresses.flatMap(address => addAddress(address, origin, hint, now)) : addPeer(peer, origin, addresses, hint, now)
    },
    remove: drop,
    expire (now) {
      for (const [key, entry] of entries) {
        if (expire(entry, now)) drop(key)
        else settle(entry)
      }
    },
    get: key => {
      const entry = entries.get(key)
      return entry === undefined ? undefined : viewOf(entry)
    },
    all: () => [...entries.values()].map(viewOf),
    held: kind => rooms.size(kind),
    get size () { return entries.size }
  }
}

/** A liar who names a wrong id for the address of a seed would otherwise keep us from ever dialling the seed. */
function mayName ({ origins }: CandidateEntry, origin: Origin): boolean {
  return [...origins.keys()].every(other => trustOf(other) <= trustOf(origin))
}

function trustAt (entry: CandidateEntry | undefined, address: string): number {
  const named = entry?.addresses.get(address)
  return named === undefined ? -1 : trustOf(named.origin)
}
