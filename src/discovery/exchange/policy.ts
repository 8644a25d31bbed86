import type { PeerId } from '@libp2p/interface'
import { LRUCache } from 'lru-cache'
import { MAX_PEERS } from '../../../protocols/peer-exchange/messages.ts'
import type { PeerRecord } from '../../../protocols/peer-exchange/messages.ts'
import { nodeIdToPeerId } from '../../protocol/index.ts'
import type { Hint } from '../hint.ts'
import type { AddressRules } from '../peer-address.ts'
import { countRefusal, readEach } from '../refusals.ts'
import type { Refusals } from '../refusals.ts'
import type { Origin } from '../sources.ts'
import { createAddressBudget } from './address-budget.ts'
import { answerRecord } from './answer-record.ts'
import type { KnownPeer } from './answer-record.ts'
import { readPeerRecord } from './read-record.ts'

/** Options of `createPeerExchangePolicy`. */
export interface PeerExchangeOptions extends AddressRules {
  /** Our own PeerId in text: neither told nor believed. */
  readonly self: string
  /** Unix ms. */
  readonly clock: () => number
  /**
   * At most `max` peers of the address book, drawn at random. What may be drawn from is the book's part: peers we ourselves
   * connected to in the last day, a bounded share of the book (SECURITY.md §3).
   */
  readonly sample: (max: number) => readonly KnownPeer[]
  /** Takes what a peer told, `exchange:<peer>`, and how much of it was refused. */
  readonly told: (origin: Origin, hints: readonly Hint[], refused: Refusals) => void
}

/** Which peers to tell and what to believe; a `PeerExchangeService` of `protocols/peer-exchange`. */
export interface PeerExchangePolicy {
  /** Records for a peer that asked: the same ones for ten minutes, however often it asks; few ones are filled up meanwhile. */
  sample (max: number, context: { readonly peer: PeerId }): PeerRecord[]
  /** Takes records nobody asked for, within the peer's budget of 0.1 a second. */
  received (peers: readonly PeerRecord[], context: { readonly peer: PeerId }): void
  /** Takes the answer to a request of ours, which is worth 16 records; `peer` is a PeerId in text. */
  answered (peer: string, peers: readonly PeerRecord[]): void
  dump (): Record<string, number>
}

/** Asking often must not read the book out. */
const ANSWER_MS = 600_000
const MAX_ANSWERS = 1024
/** A shorter answer grows to this as we learn of more: a node that everybody asks at its start would otherwise stay silent. */
const SHORT_ANSWER = 8
/** A draw is larger than an answer, because some of it cannot be told. */
const DRAW = 2 * MAX_PEERS

/** Pure: the clock and the address book are injected, nothing runs by itself. */
export function createPeerExchangePolicy ({ self, clock, sample, told, ...rules }: PeerExchangeOptions): PeerExchangePolicy {
  const budget = createAddressBudget()
  const answers = new LRUCache<string, { readonly at: number, readonly records: readonly PeerRecord[] }>({ max: MAX_ANSWERS })

  const answerFor = (asker: string): readonly PeerRecord[] => {
    const now = clock()
    const old = answers.get(asker)
    const valid = old !== undefined && now - old.at < ANSWER_MS
    const told = valid ? old.records : []
    if (valid && told.length >= SHORT_ANSWER) return told
    const known = new Set([self, asker, ...told.map(({ nodeId }) => nodeIdToPeerId(nodeId).toString())])
    const more = sample(DRAW).filter(({ peer }) => !known.has(peer)).map(peer => answerRecord(peer, rules)).filter(record => record !== undefined)
    const records = [...told, ...more].slice(0, valid ? SHORT_ANSWER : MAX_PEERS)
    answers.set(asker, { at: valid ? old.at : now, records })
    return records
  }
  const take = (peer: string, peers: readonly PeerRecord[]): void => {
    const now = clock()
    const few = peers.slice(0, MAX_PEERS)
    const allowed = few.slice(0, budget.take(peer, few.length, now))
    const { values, refused } = readEach(allowed, record => readPeerRecord(record, rules, now))
    countRefusal(refused, 'RATE_LIMITED', peers.length - allowed.length)
    told(`exchange:${peer}`, values.filter(hint => hint.peer !== self), refused)
  }

  return {
    sample: (max, { peer }) => answerFor(peer.toString()).slice(0, Math.max(0, max)),
    received: (peers, { peer }) => { take(peer.toString(), peers) },
    answered (peer, peers) {
      budget.credit(peer, MAX_PEERS, clock())
      take(peer, peers)
    },
    dump: () => ({ budgets: budget.size, answers: answers.size })
  }
}
