import { hash } from 'node:crypto'
import type { Random } from './clock.ts'
import { STEM } from './limits.ts'

/** A peer that may serve as a stem. `group`: its network group; undefined where groups do not count (loopback on a devnet). */
export interface StemPeer {
  readonly peer: string
  readonly group: string | undefined
}

/** What becomes of a transaction: fluffed here, or sent to the first of `stems` that takes it. */
export interface StemRoute {
  readonly fluff: boolean
  readonly stems: readonly string[]
}

export interface StemRouterDeps {
  /** Milliseconds, monotonic. */
  readonly now: () => number
  readonly random: Random
  /** Peers that may be chosen at the moment: outbound ones with a session, chosen by us and not by them. */
  readonly peers: () => readonly StemPeer[]
}

/** Who is sent what, for one epoch at a time. */
export interface StemRouter {
  /** The way of a transaction that `from` sent, or of our own. The same for all transactions of one origin during an epoch. */
  route (from: string | undefined): StemRoute
  /** The stem does not take transactions; it is left out until the epoch ends. */
  failed (peer: string): void
}

interface Epoch {
  readonly endsAt: number
  readonly fluffs: boolean
  /** Place of each origin: 0 is also that of our own. */
  readonly places: Map<string, number>
  readonly loads: number[]
  /** Keys the map from further origins to places. */
  readonly secret: string
  readonly stems: StemPeer[]
  readonly failed: Set<string>
}

/**
 * Dandelion++ (Fanti et al. 2018, §4): two stems per epoch in different network groups, each origin bound to one of them, and one decision
 * per epoch whether this node fluffs. Our own transactions always take a stem. A new origin gets the place with fewer of them, the one we share
 * first: what we make must travel among others' as often as possible. A place that was never taken is filled as peers appear; a stem that is gone is not replaced while the other one stands, or a
 * peer that drops links could make us choose until we choose it.
 */
export function createStemRouter ({ now, random, peers }: StemRouterDeps): StemRouter {
  let epoch: Epoch | undefined

  const begin = (): Epoch => ({
    endsAt: now() + STEM.epochMs + random() * STEM.epochSpreadMs,
    fluffs: random() < STEM.fluffShare,
    places: new Map(),
    loads: Array.from({ length: STEM.stems }, () => 0),
    secret: `${random()} ${random()}`,
    stems: [],
    failed: new Set()
  })
  const fill = ({ stems, failed }: Epoch, candidates: readonly StemPeer[]): void => {
    while (stems.length < STEM.stems) {
      const free = candidates.filter(({ peer, group }) => !failed.has(peer) && stems.every(stem => stem.peer !== peer && (group === undefined || stem.group !== group)))
      const chosen = free[Math.floor(random() * free.length)]
      if (chosen === undefined) return
      stems.push(chosen)
    }
  }
  const placeOf = ({ places, loads, secret }: Epoch, from: string): number => {
    const known = places.get(from)
    if (known !== undefined) return known
    if (places.size >= STEM.origins) return Number.parseInt(hash('sha256', `${secret} ${from}`).slice(0, 1), 16) % STEM.stems
    const place = loads.indexOf(Math.min(...loads))
    places.set(from, place)
    loads[place] = (loads[place] as number) + 1
    return place
  }
  const alive = ({ stems, failed }: Epoch, candidates: readonly StemPeer[]): string[] =>
    stems.flatMap(({ peer }) => !failed.has(peer) && candidates.some(candidate => candidate.peer === peer) ? [peer] : [])

  return {
    route (from) {
      const candidates = peers()
      if (epoch === undefined || now() >= epoch.endsAt) epoch = begin()
      fill(epoch, candidates)
      let stems = alive(epoch, candidates)
      if (stems.length === 0 && epoch.stems.length === STEM.stems) {
        epoch = begin()
        fill(epoch, candidates)
        stems = alive(epoch, candidates)
      }
      const { fluffs, stems: chosen } = epoch
      const first = chosen[from === undefined ? 0 : placeOf(epoch, from)]?.peer
      const usable = stems.filter(peer => peer !== from)
      return { fluff: from !== undefined && fluffs, stems: usable.toSorted((a, b) => Number(b === first) - Number(a === first)) }
    },
    failed (peer) {
      if (epoch?.stems.some(stem => stem.peer === peer) === true) epoch.failed.add(peer)
    }
  }
}
