import { isTerrible } from './entry.ts'
import type { Entry, Place } from './entry.ts'
import type { Placement } from './placement.ts'
import { FRAME_BYTES, rowBytes, sourceBytes } from './row-size.ts'
import { createSlotTable } from './slot-table.ts'
import type { SlotTable } from './slot-table.ts'

/** Places in `new` one entry may have; each next one is half as likely to be given. */
const MAX_PLACES = 8
/** Places of a source looked at for a terrible entry before any other has to go. */
const VICTIM_DRAWS = 8

/** Bounds of a book: entries, and bytes of its file. */
export interface BookLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

/** The two tables and the index over them: who stands where, within the limits. */
export interface Tables {
  readonly entries: ReadonlyMap<string, Entry>
  readonly fresh: SlotTable<Entry>
  readonly tried: SlotTable<Entry>
  /** Bytes the file would have. */
  readonly bytes: number
  /** Gives the entry a (further) place in `new`. False when its place or the book is taken by others. */
  place (entry: Entry, source: string, now: number): boolean
  /**
   * Moves an entry to `tried`, unless another stands in its way: that one is returned. An entry without a place in `new` comes from
   * `source`, and `prove` must follow: it makes the room.
   */
  promote (entry: Entry, source: string): Entry | undefined
  /** Puts `challenger` in the place of `incumbent`, which goes back to `new` where there is room. */
  replace (challenger: Entry, incumbent: Entry, now: number): void
  /** Records who answers at the address. False when it no longer fits, and the entry is gone. */
  prove (entry: Entry, peer: Entry['peer']): boolean
  drop (entry: Entry): void
  /** Puts a stored entry where it stood, unless the limits have shrunk below it. 'taken': another stands there already. */
  restore (entry: Entry): 'ok' | 'full' | 'taken'
}

/** Creates empty tables. `random` in [0, 1). */
export function createTables (placement: Placement, limits: BookLimits, random: () => number): Tables {
  const fresh = createSlotTable<Entry>()
  const tried = createSlotTable<Entry>()
  const entries = new Map<string, Entry>()
  /** Places that name a source; no more sources than places. */
  const uses = new Map<string, number>()
  let bytes = FRAME_BYTES

  /** Fills the slot; the bytes of the row are the caller's business. */
  const settle = (entry: Entry, { slot, source }: Place): void => {
    if (entry.tried) tried.put(slot, entry, entry.address.group)
    else fresh.put(slot, entry, source)
    const count = uses.get(source) ?? 0
    if (count === 0) bytes += sourceBytes(source)
    uses.set(source, count + 1)
  }
  const enter = (entry: Entry, place: Place): void => {
    if (entry.places.length > 0) bytes -= rowBytes(entry)
    else entries.set(entry.address.text, entry)
    // not pushed: a list that has grown keeps room for sixteen more
    entry.places = [...entry.places, place]
    bytes += rowBytes(entry)
    settle(entry, place)
  }
  const leave = (entry: Entry, place: Place): void => {
    if (entry.tried) tried.take(place.slot, entry.address.group)
    else fresh.take(place.slot, place.source)
    const count = (uses.get(place.source) as number) - 1
    if (count > 0) uses.set(place.source, count)
    else {
      uses.delete(place.source)
      bytes -= sourceBytes(place.source)
    }
    bytes -= rowBytes(entry)
    entry.places = entry.places.filter(other => other !== place)
    if (entry.places.length > 0) bytes += rowBytes(entry)
    else entries.delete(entry.address.text)
  }
  const drop = (entry: Entry): void => {
    for (const place of entry.places) leave(entry, place)
  }
  const vacate = (slot: number): void => {
    const entry = fresh.at(slot)
    const place = entry?.places.find(place => place.slot === slot)
    if (entry !== undefined && place !== undefined) leave(entry, place)
  }

  const fits = (more: number, newEntries: number): boolean => bytes + more <= limits.maxBytes && entries.size + newEntries <= limits.maxEntries
  /** A slot of the source that has most of them: of a terrible entry if a few draws find one, else any. */
  const victim = (now: number): { slot: number, entry: Entry, source: string } | undefined => {
    const largest = fresh.largest()
    if (largest === undefined) return undefined
    const { name: source, slots } = largest
    const draws = Array.from({ length: VICTIM_DRAWS }, () => slots[Math.floor(random() * slots.length)] as number)
    const slot = draws.find(slot => isTerrible(fresh.at(slot) as Entry, now)) ?? draws[0] as number
    return { slot, source, entry: fresh.at(slot) as Entry }
  }
  // The source with most places gives way, and is refused more: whoever floods the book pushes out only itself.
  const makeRoom = (more: number, source: string, now: number): boolean => {
    while (!fits(more, 1)) {
      const found = victim(now)
      if (found === undefined) return false
      if (fresh.size(source) >= fresh.size(found.source) && !isTerrible(found.entry, now)) return false
      vacate(found.slot)
    }
    return true
  }

  const tables: Tables = {
    entries, fresh, tried, drop,
    get bytes () { return bytes },
    place (entry, source, now) {
      const { length } = entry.places
      if (length >= MAX_PLACES || (length > 0 && random() >= 0.5 ** length)) return false
      const slot = placement.newSlot(entry.address, source)
      const incumbent = fresh.at(slot)
      if (incumbent === entry) return false
      if (incumbent !== undefined && !isTerrible(incumbent, now) && (length > 0 || incumbent.places.length === 1)) return false
      const place = { slot, source }
      const more = rowBytes({ ...entry, places: [...entry.places, place] }) - (length > 0 ? rowBytes(entry) : 0) + sourceBytes(source)
      vacate(slot)
      // a further place of one entry is not worth the place of another
      if (!(length > 0 ? fits(more, 0) : makeRoom(more, source, now))) return false
      enter(entry, place)
      return true
    },
    promote (entry, fallback) {
      const slot = placement.triedSlot(entry.address)
      const incumbent = tried.at(slot)
      if (incumbent !== undefined) return incumbent
      const source = entry.places[0]?.source ?? fallback
      drop(entry)
      entry.tried = true
      enter(entry, { slot, source })
      return undefined
    },
    replace (challenger, incumbent, now) {
      const source = incumbent.places[0]?.source ?? ''
      drop(incumbent)
      tables.promote(challenger, source)
      incumbent.tried = false
      tables.place(incumbent, source, now)
    },
    prove (entry, peer) {
      bytes -= rowBytes(entry)
      entry.peer = peer
      bytes += rowBytes(entry)
      while (!fits(0, 0)) {
        const found = victim(entry.lastTried)
        if (found === undefined) drop(entry)
        else vacate(found.slot)
      }
      return entry.places.length > 0
    },
    restore (entry) {
      const { address, places } = entry
      const table = entry.tried ? tried : fresh
      if (entries.has(address.text)) return 'taken'
      let more = rowBytes(entry)
      for (const { source } of places) if (!uses.has(source)) more += sourceBytes(source)
      if (!fits(more, 1)) return 'full'
      entries.set(address.text, entry)
      bytes += rowBytes(entry)
      for (const place of places) {
        if (table.at(place.slot) !== undefined) return 'taken'
        settle(entry, place)
      }
      return 'ok'
    }
  }
  return tables
}
