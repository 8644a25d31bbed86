import { TosError, toTosError } from '../../errors/index.ts'
import type { AddressBook, AddressBookOptions, AnchorPeer, GoodResult, Hint, Refusal } from './address-book.ts'
import { bookAddress, sourceGroup } from './book-address.ts'
import type { BookAddress } from './book-address.ts'
import { decodeBook, encodeBook, MAX_ANCHORS } from './book-file.ts'
import type { BookImage } from './book-file.ts'
import type { Anchor } from './book-row.ts'
import { isHopeless, isStale, viewEntry } from './entry.ts'
import type { Entry } from './entry.ts'
import { peerKey, peerText } from './peer-key.ts'
import { pickEntry } from './pick.ts'
import { createPlacement } from './placement.ts'
import { createSampler } from './sample.ts'
import { createTables } from './tables.ts'
import type { Tables } from './tables.ts'
import { createTriedTests } from './tried-tests.ts'

/** Pause between two feelers, ms. */
const FEELER_EVERY_MS = 120_000
/** A hint renews `lastSeen` only in steps of this: gossip is not worth more. */
const SEEN_STEP_MS = 3_600_000
const UNKNOWN_TYPE = 255
/** Source of what we dialled without a hint. */
const OWN = 'own'

/** Opens the book in `store`, or begins an empty one. Never throws: a file that cannot be read is named in `problem`. */
export function createAddressBook (options: AddressBookOptions): AddressBook {
  const { store, random, publicOnly = true, maxEntries = 20_000, maxBytes = 1.5 * 2 ** 20 } = options
  const open = (image: BookImage) => ({ image, tables: createTables(createPlacement(image.key), { maxEntries, maxBytes }, random) })
  const empty = () => open({ key: options.randomBytes(32), entries: [], anchors: [] })
  let problem: TosError | undefined
  const load = (): ReturnType<typeof open> => {
    try {
      const bytes = store.load()
      if (bytes === undefined) return empty()
      const opened = open(decodeBook(bytes))
      const left = restoreAll(opened.tables, opened.image.entries, publicOnly)
      if (left > 0) problem = new TosError('BOOK_FULL', `${left} entries of the saved address book are not allowed any more`, { details: { left } })
      return opened
    } catch (error) {
      problem = toTosError(error, 'BOOK_DAMAGED')
      return empty()
    }
  }
  const { image: { key, anchors: stored }, tables } = load()
  const { entries, fresh, tried } = tables
  const tests = createTriedTests(tables)
  const sampler = createSampler(random)
  let anchors = stored
  let dirty = false
  let lastGood = -Infinity
  let lastFeeler = -Infinity

  const lookUp = (text: string): Entry | undefined => {
    const known = entries.get(text)
    const address = known === undefined ? bookAddress(text) : undefined
    return address === undefined ? known : entries.get(address.text)
  }
  const blank = (address: BookAddress, lastSeen: number): Entry =>
    ({ address, peer: undefined, services: 0n, nodeType: UNKNOWN_TYPE, lastSeen, lastTried: 0, lastGood: 0, failures: 0, counted: -Infinity, tried: false, places: [] })

  const addOne = (hint: Hint, source: string, now: number): 'added' | 'known' | Refusal => {
    const address = bookAddress(hint.address)
    if (address === undefined) return 'ADDRESS_UNUSABLE'
    if (publicOnly && !address.isPublic) return 'ADDRESS_NOT_PUBLIC'
    const { lastSeen = now, services = 0n, nodeType = UNKNOWN_TYPE } = hint
    if (isStale(lastSeen, now)) return 'ADDRESS_STALE'
    const known = entries.get(address.text)
    const entry = known ?? blank(address, Math.min(lastSeen, now))
    // what a peer told us itself is not changed by what others say of it
    if (entry.peer === undefined) {
      entry.services |= BigInt.asUintN(64, services)
      if (entry.nodeType === UNKNOWN_TYPE) entry.nodeType = nodeType & 0xff
    }
    if (lastSeen - entry.lastSeen >= SEEN_STEP_MS) entry.lastSeen = Math.min(lastSeen, now)
    const placed = !entry.tried && tables.place(entry, source, now)
    return known !== undefined ? 'known' : placed ? 'added' : 'BOOK_FULL'
  }

  const book: AddressBook = {
    get problem () { return problem },
    get dirty () { return dirty },
    add (hints, source, now) {
      const group = sourceGroup(source)
      const counts = { added: 0, known: 0 }
      const refused: Partial<Record<Refusal, number>> = {}
      for (const hint of hints) {
        const outcome = addOne(hint, group, now)
        if (outcome === 'added' || outcome === 'known') counts[outcome]++
        else refused[outcome] = (refused[outcome] ?? 0) + 1
      }
      dirty ||= counts.added + counts.known > 0
      return { ...counts, refused }
    },
    good (text, peer, now, facts = {}) {
      const proven = peerKey(peer)
      const address = bookAddress(text)
      lastGood = Math.max(lastGood, now)
      if (proven === undefined || address === undefined || (publicOnly && !address.isPublic)) return {}
      const entry = entries.get(address.text) ?? blank(address, now)
      if (entry.places.length === 0 && !tables.place(entry, OWN, now) && tables.promote(entry, OWN) !== undefined) return {}
      dirty = true
      const before = entry.peer
      Object.assign(entry, { lastSeen: now, lastTried: now, lastGood: now, failures: 0, ...facts })
      tests.answered(entry)
      if (!tables.prove(entry, proven)) return {}
      const incumbent = entry.tried ? undefined : tables.promote(entry, OWN)
      const test = incumbent === undefined ? undefined : tests.order(entry, incumbent, now)
      const result: GoodResult = { table: entry.tried ? 'tried' : 'new', ...(test === undefined ? {} : { test }) }
      return before === undefined || before === proven ? result : { ...result, was: peerText(before) }
    },
    attempt (text, now) {
      const entry = lookUp(text)
      if (entry === undefined) return
      entry.lastTried = now
      dirty = true
    },
    failed (text, now) {
      const entry = lookUp(text)
      if (entry === undefined) return
      dirty = true
      entry.lastTried = now
      if (entry.counted < lastGood) {
        entry.counted = now
        entry.failures++
      }
      tests.unanswered(entry, lastGood, now)
      if (isHopeless(entry, now) && entry.failures > 0) tables.drop(entry)
    },
    feeler (now) {
      // a clock that was set back must not stop the feelers
      if (now >= lastFeeler && now - lastFeeler < FEELER_EVERY_MS) return undefined
      const incumbent = entries.get(tests.next(now)?.incumbent ?? '')
      const entry = incumbent ?? pickEntry(tables, { newOnly: true }, random, now)
      if (entry === undefined) return undefined
      lastFeeler = now
      return { kind: incumbent === undefined ? 'feeler' : 'test', entry: viewEntry(entry) }
    },
    pick (options, now) {
      const entry = pickEntry(tables, options, random, now)
      return entry === undefined ? undefined : viewEntry(entry)
    },
    setAnchors (peers) {
      const next = peers.flatMap(toAnchor).slice(0, MAX_ANCHORS)
      if (next.length === anchors.length && next.every((anchor, i) => sameAnchor(anchor, anchors[i] as Anchor))) return
      anchors = next
      persist()
    },
    takeAnchors () {
      const taken = anchors.map(({ address, peer }): AnchorPeer => ({ address: address.text, peer: peerText(peer) }))
      anchors = []
      if (taken.length > 0) persist()
      return taken
    },
    sample: (n, allowed, now) => sampler(entries, n, entry => allowed(viewEntry(entry)), now).map(viewEntry),
    get (text) {
      const entry = lookUp(text)
      return entry === undefined ? undefined : viewEntry(entry)
    },
    * entries () { for (const entry of entries.values()) yield viewEntry(entry) },
    counts: () => ({ entries: entries.size, tried: tried.used, newPlaces: fresh.used, tests: tests.orders.length, bytes: tables.bytes }),
    save () {
      try {
        store.save(encodeBook({ key, entries: entries.values(), anchors }))
        dirty = false
      } catch (cause) {
        throw new TosError('BOOK_NOT_SAVED', 'the address book could not be saved', { cause })
      }
    }
  }
  const persist = (): void => {
    dirty = true
    try {
      book.save()
    } catch (error) {
      problem = toTosError(error)
    }
  }
  return book
}

/** Puts stored entries back; returns how many the options no longer allow. Throws BOOK_DAMAGED when two stand in one place. */
function restoreAll (tables: Tables, entries: Iterable<Entry>, publicOnly: boolean): number {
  let left = 0
  for (const entry of entries) {
    const outcome = publicOnly && !entry.address.isPublic ? 'full' : tables.restore(entry)
    if (outcome === 'taken') throw new TosError('BOOK_DAMAGED', 'the address book cannot be read: two entries in one place', { details: { reason: 'slot' } })
    if (outcome === 'full') left++
  }
  return left
}

function toAnchor ({ address, peer }: AnchorPeer): Anchor[] {
  const place = bookAddress(address)
  const key = peerKey(peer)
  return place === undefined || key === undefined ? [] : [{ address: place, peer: key }]
}

function sameAnchor (a: Anchor, b: Anchor): boolean {
  return a.address.text === b.address.text && a.peer === b.peer
}
