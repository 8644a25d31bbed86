import type { TosError, TosErrorCode } from '../../errors/index.ts'
import type { BookEntry } from './entry.ts'
import type { PickOptions } from './pick.ts'
import type { TestOrder } from './tried-tests.ts'

/** Where the book lies: `save` replaces the whole of it or nothing (write beside, sync, rename), readable by the owner alone. */
export interface BookStore {
  /** The bytes last saved; undefined when there are none yet. */
  load (): Uint8Array | undefined
  save (bytes: Uint8Array): void
}

/** Options of `createAddressBook`. */
export interface AddressBookOptions {
  readonly store: BookStore
  /** In [0, 1). */
  readonly random: () => number
  /** Secure random bytes, for the secret of a new book. */
  readonly randomBytes: (length: number) => Uint8Array
  /** Refuse addresses that cannot be reached over the internet; default true. */
  readonly publicOnly?: boolean
  /** Default 20,000. */
  readonly maxEntries?: number
  /** Of the file, default 1.5 MiB. */
  readonly maxBytes?: number
}

/** What somebody says about a peer: nothing of it is believed before a dial. */
export interface Hint {
  /** Multiaddr; a `/p2p/<id>` at its end is ignored: who lied about it could make an honest address look dead. */
  readonly address: string
  readonly services?: bigint
  /** Byte of WIRE.md §5; 255 (unknown) unless given. */
  readonly nodeType?: number
  /** Ms; default now. */
  readonly lastSeen?: number
}

/** Why a hint was not taken. */
export type Refusal = Extract<TosErrorCode, 'ADDRESS_UNUSABLE' | 'ADDRESS_NOT_PUBLIC' | 'ADDRESS_STALE' | 'BOOK_FULL'>

/** What became of hints. */
export interface AddResult {
  readonly added: number
  /** Known before, perhaps not from this source. */
  readonly known: number
  readonly refused: Readonly<Partial<Record<Refusal, number>>>
}

/** What became of a proven address. */
export interface GoodResult {
  /** Where it stands now; undefined when the book does not keep it. */
  readonly table?: 'new' | 'tried'
  /** The other peer that answered there before. */
  readonly was?: string
  /** Its place in `tried` is taken: dial this incumbent. */
  readonly test?: TestOrder
}

/** A short dial to make now; report it with `attempt` and then `good` or `failed`. */
export interface FeelerOrder {
  /** `test`: does an incumbent still answer? `feeler`: is a hint true? */
  readonly kind: 'test' | 'feeler'
  readonly entry: BookEntry
}

/** A peer to connect to first after a start. */
export interface AnchorPeer {
  readonly address: string
  readonly peer: string
}

/** What the book holds now. */
export interface BookCounts {
  readonly entries: number
  readonly tried: number
  /** Places in `new`: up to 8 an entry. */
  readonly newPlaces: number
  readonly tests: number
  readonly bytes: number
}

/**
 * The address book: what we know of peers we are not connected to. Pure but for the injected store; `now` is wall-clock ms,
 * because ages outlive a restart. Addresses may be given in any spelling.
 */
export interface AddressBook {
  /** The last failure to read or to save (BOOK_DAMAGED, BOOK_NOT_SAVED); the book works on without its file. */
  readonly problem: TosError | undefined
  /** Changes since the last save. */
  readonly dirty: boolean
  /** Takes hints of one source: an IP address or multiaddr of a peer, or a name of our own making (`dns:<seed>`, `dht`). */
  add (hints: Iterable<Hint>, source: string, now: number): AddResult
  /**
   * A dial of ours reached `peer` at `address`, or a connection we dialled still stands (tell every few hours). Never for inbound
   * connections: their port says nothing.
   */
  good (address: string, peer: string, now: number, facts?: Pick<Hint, 'services' | 'nodeType'>): GoodResult
  /** A dial begins. */
  attempt (address: string, now: number): void
  /** A dial failed. Counts at most once between two successes of any dial: our own outage is nobody's fault. */
  failed (address: string, now: number): void
  /** The next short dial, at most one every 2 min: first what waits in a test, else a hint. */
  feeler (now: number): FeelerOrder | undefined
  /** An entry to dial; undefined when none is left. */
  pick (options: PickOptions, now: number): BookEntry | undefined
  /** Remembers the outbound block-relay peers (the first two that can be kept) and saves at once; a failed save is in `problem`. */
  setAnchors (anchors: readonly AnchorPeer[]): void
  /** The anchors of the last run, once: they are saved as gone, so that one that brings us down cannot do so twice. */
  takeAnchors (): AnchorPeer[]
  /** Up to `n` entries for peer exchange, of those `allowed`: shareable, reached within a day, ≤23 % of the book, at least 8. */
  sample (n: number, allowed: (entry: BookEntry) => boolean, now: number): BookEntry[]
  get (address: string): BookEntry | undefined
  entries (): IterableIterator<BookEntry>
  counts (): BookCounts
  /** Writes the book to the store. Throws BOOK_NOT_SAVED. */
  save (): void
}
