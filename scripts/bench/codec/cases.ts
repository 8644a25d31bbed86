import type { BlockAnnounce, BlockData, Ping, Vote } from '../../../protocols/index.ts'
import type { Transaction } from '../../../src/chain/block/transaction.ts'

/** A block with its transactions read: what a node works with. */
export type LedgerBlock = Omit<BlockData, 'transactions'> & { transactions: Transaction[] }

/** The values of one message that every library encodes and decodes. */
export interface CaseValues {
  readonly ping: readonly Ping[]
  readonly announce: readonly BlockAnnounce[]
  readonly vote: readonly Vote[]
  readonly block: readonly LedgerBlock[]
  /** The same, its transactions opaque: what the wire carries. */
  readonly opaque: readonly BlockData[]
}

export type CaseName = keyof CaseValues

/** One library's codec of one message. `Wire` is what it encodes to, `Value` what it takes: its own form of the same facts. */
export interface PeerCodec<Value> {
  /** The common value in the form this library takes (outside the timed part). */
  readonly prepare: (value: Value) => unknown
  readonly encode: (prepared: unknown) => Uint8Array
  readonly decode: (wire: Uint8Array) => unknown
  /** What `decode` returned, as the common value again (outside the timed part). */
  readonly restore: (decoded: unknown) => unknown
}

/** One library under test, in its best fair configuration. */
export interface Peer {
  readonly name: string
  readonly codecs: { readonly [K in CaseName]: PeerCodec<CaseValues[K][number]> }
}

/** Returns its argument: for libraries whose values are the common ones. */
export const same = (value: unknown): unknown => value

/** Sixteen values of each small message and two blocks, so that no library meets the same bytes on every call. */
export function makeCases (): CaseValues {
  const random = lcg(7)
  const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random() >>> 24)
  const u64 = (): bigint => (BigInt(random()) << 32n) | BigInt(random())
  const seconds = (): bigint => 1_700_000_000n + BigInt(random() % 10_000_000)
  // 130 bytes of fixed fields and lengths, and a body of 120
  const transaction = (): Transaction => ({
    sender: bytes(32), nonce: BigInt(random() % 1000), fee: BigInt(random() % 100_000), priority: random() % 4, privacyLevel: random() % 4,
    energyUsed: BigInt(random() % 100), body: bytes(120), signature: bytes(64)
  })
  const block = <T>(transactions: T[]) => ({ hash: bytes(32), height: BigInt(random() % 10_000_000), parents: many(2, () => bytes(32)), header: bytes(200), transactions })
  return {
    ping: many(16, () => ({ nonce: u64(), userAgent: `tos-p2p/1.${random() % 10}.0 (node)`, services: BigInt(random() % 2048), timestamp: seconds() })),
    announce: many(16, () => ({ blockHash: bytes(32), blockHeight: BigInt(random() % 10_000_000), difficulty: BigInt(random()), aiMined: random() % 2 === 0, timestamp: seconds() * 1000n })),
    vote: many(16, () => ({
      blockHash: bytes(32), voterId: bytes(32), voteType: random() % 3, timestamp: seconds(), signature: bytes(64), parentVotes: many(4, () => bytes(32))
    })),
    block: many(2, () => block(many(1000, transaction))),
    opaque: many(2, () => block(many(1000, () => bytes(250))))
  }
}

/** A small repeatable generator: the same values on every run and machine. */
function lcg (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state
  }
}
