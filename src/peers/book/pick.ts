import { chance } from './entry.ts'
import type { Entry } from './entry.ts'
import { peerKey } from './peer-key.ts'
import type { Tables } from './tables.ts'

/** Random draws before the whole book is searched. */
const MAX_DRAWS = 100
/** How much more likely every further draw is taken. */
const EASIER = 1.2

/** What must not be picked. */
export interface PickOptions {
  /** Only from `new`. */
  readonly newOnly?: boolean
  /** Addresses (canonical) and peer ids. */
  readonly exclude?: ReadonlySet<string>
  /** Network groups already in use (`addressGroup`); leave out those of local networks, which need no diversity. */
  readonly groups?: ReadonlySet<string>
  /** Source groups that filled enough slots (`sourceGroup`). */
  readonly sources?: ReadonlySet<string>
}

/**
 * Picks an entry to dial: `tried` or `new` with equal odds, in `tried` fair between network groups and in `new` between sources, then
 * taken by its chance (age of the last dial, failures), more easily each time. Undefined when nothing is left to pick.
 */
export function pickEntry ({ entries, fresh, tried }: Tables, options: PickOptions, random: () => number, now: number): Entry | undefined {
  const { newOnly = false, exclude, groups, sources } = options
  const peers = excludedPeers(exclude)
  const allowed = ({ address, peer, places }: Entry): boolean => {
    if (groups?.has(address.group) === true || exclude?.has(address.text) === true) return false
    if (sources !== undefined && places.every(({ source }) => sources.has(source))) return false
    return peer === undefined || !peers.has(peer)
  }
  let ease = 1
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const useTried = !newOnly && tried.used > 0 && (fresh.used === 0 || random() < 0.5)
    const entry = (useTried ? tried : fresh).pick(random)
    if (entry === undefined) return undefined
    if (allowed(entry) && random() < ease * chance(entry, now)) return entry
    ease *= EASIER
  }
  // nearly everything is excluded: search, and stay fair between the groups
  const rest = new Map<string, Entry[]>()
  for (const entry of entries.values()) {
    if ((newOnly && entry.tried) || !allowed(entry)) continue
    const group = entry.tried ? entry.address.group : entry.places[0]?.source ?? ''
    const list = rest.get(group)
    if (list === undefined) rest.set(group, [entry])
    else list.push(entry)
  }
  return anyOf(anyOf([...rest.values()], random) ?? [], random)
}

/** The peers among what is excluded, in the form of the entries: their text would cost 20 µs an entry. */
function excludedPeers (exclude: ReadonlySet<string> | undefined): Set<string> {
  const peers = new Set<string>()
  for (const text of exclude ?? []) {
    const key = text.startsWith('/') ? undefined : peerKey(text)
    if (key !== undefined) peers.add(key)
  }
  return peers
}

function anyOf<T> (list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)]
}
