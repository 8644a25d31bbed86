import type { BookAddress } from './book-address.ts'
import { peerText } from './peer-key.ts'
import type { PeerKey } from './peer-key.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** How far a clock may be ahead of ours. */
const FUTURE_MS = 10 * MINUTE_MS
/** Not heard of for this long: an address nobody uses any more. */
const HORIZON_MS = 30 * DAY_MS

/** Where an entry stands: a slot, and the group of the source that put it there. */
export interface Place {
  readonly slot: number
  readonly source: string
}

/** An entry of the book, from inside. Times in ms, 0 for never. */
export interface Entry {
  readonly address: BookAddress
  peer: PeerKey | undefined
  services: bigint
  nodeType: number
  lastSeen: number
  lastTried: number
  lastGood: number
  failures: number
  /** When a failure last counted. */
  counted: number
  /** Table `tried`: one place. Table `new`: one for each of up to 8 sources. */
  tried: boolean
  places: Place[]
}

/** An entry of the book as others see it. Times in ms, 0 for never. */
export interface BookEntry {
  readonly address: string
  /** Network group of the address. */
  readonly group: string
  /** Who answered there; undefined while the entry is only a hint. */
  readonly peer: string | undefined
  readonly services: bigint
  readonly nodeType: number
  readonly lastSeen: number
  readonly lastTried: number
  readonly lastGood: number
  /** Failed dials in a row that were not our own fault. */
  readonly failures: number
  /** Group of the source; of several the first. */
  readonly source: string
  readonly table: 'new' | 'tried'
}

/** An entry's public face. */
export function viewEntry (entry: Entry): BookEntry {
  const { address, peer, services, nodeType, lastSeen, lastTried, lastGood, failures, places, tried } = entry
  return {
    address: address.text,
    group: address.group,
    // 20 µs, and most who look at an entry do not ask
    get peer () { return peer === undefined ? undefined : peerText(peer) },
    services, nodeType, lastSeen, lastTried, lastGood, failures,
    source: places[0]?.source ?? '',
    table: tried ? 'tried' : 'new'
  }
}

/** True for a time that cannot be believed: too old, or from the future. */
export function isStale (lastSeen: number, now: number): boolean {
  return lastSeen > now + FUTURE_MS || lastSeen < now - HORIZON_MS
}

/** True when nothing speaks for the entry any more: stale, three failures and never a success, or ten in a week. */
export function isHopeless ({ lastSeen, lastGood, failures }: Entry, now: number): boolean {
  if (isStale(lastSeen, now)) return true
  return lastGood === 0 ? failures >= 3 : failures >= 10 && now - lastGood > 7 * DAY_MS
}

/** Hopeless, and not being dialled just now: the first to make room. */
export function isTerrible (entry: Entry, now: number): boolean {
  return now - entry.lastTried > MINUTE_MS && isHopeless(entry, now)
}

/** Chance in (0, 1] that a drawn entry is taken: 1 % in the first ten minutes after a dial, a third less for every failure up to eight. */
export function chance ({ lastTried, failures }: Entry, now: number): number {
  const fresh = now - lastTried < 10 * MINUTE_MS ? 0.01 : 1
  return fresh * 0.66 ** Math.min(failures, 8)
}
