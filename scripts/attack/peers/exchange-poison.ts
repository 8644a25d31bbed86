import { MAX_PEERS } from '../../../protocols/peer-exchange/messages.ts'
import type { PeerRecord } from '../../../protocols/peer-exchange/messages.ts'
import { SERVICE } from '../../../protocols/services.ts'
import { createCandidates, createPeerExchangePolicy, SOURCES } from '../../../src/discovery/index.ts'
import { BUCKET_SIZE } from '../../../src/peers/book/placement.ts'
import type { AddressBook } from '../../../src/peers/book/index.ts'
import { nodeIdToPeerId } from '../../../src/protocol/index.ts'
import { address, ip, MINUTE, NOW, peer, testBook } from '../../../test/peers-book/book-fixture.ts'
import { limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import type { Scale } from './scale.ts'

const PEERS = 100
/** One liar in four shares his network with three others. */
const GROUPS = 25
const ADDRESSES = { quick: 10_000, short: 1_000_000, long: 1_000_000 } as const
/** As if nothing limited the liars: what the book itself holds out against. */
const UNLIMITED = { quick: 3000, short: 50_000, long: 1_000_000 } as const
const FLOOD_MS = 10 * MINUTE
const HONEST = 100
const HONEST_HINTS = 3000
const MAX_ENTRIES = 20_000
const MAX_MIB = 1.5
/** 0.1 a second for the time of the flood, and what a peer may tell at first. */
const CREDIT = PEERS * (FLOOD_MS / 10_000 + 1)
const NEW_PER_SOURCE = 64

/** PEX poisoning: a hundred peers tell us of as many addresses as they can, first within the rules of the exchange, then as if there were none. */
export function exchangePoison (scale: Scale): Row[] {
  const each = ADDRESSES[scale]
  const book = honestBook()
  const before = tried(book)
  const { told, taken, candidates } = flood(book, each)
  const limited = tried(book)
  const unlimited = UNLIMITED[scale]
  floodBook(book, unlimited)
  const { entries, bytes } = book.counts()
  const what = `PEX, ${PEERS} peers tell ${told.toLocaleString('en-US')} addresses`
  const direct = `PEX, ${unlimited.toLocaleString('en-US')} addresses past all budgets`
  return [
    limitRow(`${what}: addresses taken as hints`, taken, 'addresses', CREDIT),
    limitRow(`${what}: candidates`, candidates, 'candidates', 1000 * SOURCES.exchange.share),
    limitRow(`${what}: honest entries of tried lost`, lost(before, limited), `of ${HONEST}`, 0),
    limitRow(`${what}: liars' entries in tried`, limited.size - before.size, 'entries', 0),
    limitRow(`${direct}: entries`, entries, 'entries', MAX_ENTRIES),
    limitRow(`${direct}: size`, bytes / 2 ** 20, 'MiB', MAX_MIB),
    limitRow(`${direct}: most entries of one network of liars`, mostOfOne(book), 'entries', NEW_PER_SOURCE * BUCKET_SIZE),
    limitRow(`${direct}: honest entries of tried lost`, lost(before, tried(book)), `of ${HONEST}`, 0),
    plainRow(`${direct}: honest hints left`, honestHints(book), `of ${HONEST_HINTS}`)
  ]
}

/** A hundred peers we reached and thousands we heard of, each from another network. */
function honestBook (): AddressBook {
  const book = testBook(31)
  for (let i = 0; i < HONEST; i++) book.good(address(2000 + i, 1), peer(i), NOW)
  for (let i = 0; i < HONEST_HINTS; i++) book.add([{ address: address(3000 + i, 1) }], ip(7000 + i % 500, 1), NOW)
  return book
}

/** Every record reaches the policy, in messages of 16 spread over ten minutes; what it believes goes where the node puts it. */
function flood (book: AddressBook, each: number): { told: number, taken: number, candidates: number } {
  const candidates = createCandidates({ self: 'self', clock: { now: () => now } })
  const liars = Array.from({ length: PEERS }, (_, i) => nodeIdToPeerId(nodeId(1_000_000_000 + i)))
  const sources = new Map(liars.map((liar, i) => [`exchange:${liar.toString()}`, ip(i % GROUPS, i)]))
  const message = createMessage()
  let now = NOW
  let told = 0
  let taken = 0
  const policy = createPeerExchangePolicy({
    self: 'self', publicOnly: true, clock: () => now, sample: () => [],
    told (origin, hints) {
      if (hints.length === 0) return
      taken += hints.length
      for (const hint of hints) candidates.add(origin, hint)
      book.add(hints.flatMap(({ addresses }) => addresses.map(text => ({ address: text }))), sources.get(origin) as string, now)
    }
  })
  for (let at = 0; at < each; at += MAX_PEERS) {
    now = NOW + FLOOD_MS * at / each
    for (const [i, peer] of liars.entries()) {
      policy.received(message(i * each + at), { peer })
      told += MAX_PEERS
    }
  }
  return { told, taken, candidates: candidates.list().length }
}

function floodBook (book: AddressBook, count: number): void {
  for (let i = 0; i < count; i++) book.add([{ address: address(9000 + i % 9000, i) }], ip(i % GROUPS, 1), NOW)
}

/**
 * The same 16 records every time, saying other things: no two of 10^8 are alike, but what nobody reads of them is never made.
 * The policy keeps no record that it was given.
 */
function createMessage (): (first: number) => readonly PeerRecord[] {
  let first = 0
  const records = Array.from({ length: MAX_PEERS }, (_, i): PeerRecord => ({
    get nodeId () { return nodeId(first + i) },
    get ip () { return ip((first + i) % 20_000, first + i) },
    get lastSeen () { return BigInt(NOW / 1000) },
    port: 2080, nodeType: 0, services: SERVICE.shareable
  }))
  return at => {
    first = at
    return records
  }
}

function nodeId (n: number): Uint8Array {
  const id = new Uint8Array(32)
  new DataView(id.buffer).setUint32(0, n)
  return id
}

function tried (book: AddressBook): Set<string> {
  return new Set([...book.entries()].filter(({ table }) => table === 'tried').map(entry => entry.address))
}

function lost (before: ReadonlySet<string>, after: ReadonlySet<string>): number {
  return [...before].filter(text => !after.has(text)).length
}

/** Networks of liars are 11.0 to 11.24; honest sources lie above. */
function isLiar (source: string | undefined): boolean {
  return /^11\.(?:\d|1\d|2[0-4])\./.test(source ?? '')
}

function mostOfOne (book: AddressBook): number {
  const sizes = Map.groupBy([...book.entries()].filter(({ source }) => isLiar(source)), ({ source }) => source)
  return Math.max(0, ...[...sizes.values()].map(({ length }) => length))
}

function honestHints (book: AddressBook): number {
  return [...book.entries()].filter(({ table, source }) => table === 'new' && !isLiar(source)).length
}
