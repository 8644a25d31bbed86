import type { Ledger, LedgerEvents, LedgerTransaction } from '../../src/chain/ledger.ts'
import type { BlockData } from '../../protocols/index.ts'
import type { BlockHeader } from '../../src/chain/block/header.ts'
import { TosError } from '../../src/errors/index.ts'
import { decode, encode, struct, toHex, u64, u8, blob } from '../../src/wire/index.ts'

/** What a test says about a transaction; `size` pads it to that many bytes. */
export interface PoolTx { sender: number, nonce: bigint, fee?: bigint, energyUsed?: bigint, priority?: number, size?: number, salt?: number }

const layout = struct({ sender: u8, nonce: u64, fee: u64, energyUsed: u64, priority: u8, salt: u64, pad: blob(1 << 20) })
const BARE = layout.minBytes

export function poolTx ({ sender, nonce, fee = 0n, energyUsed = 0n, priority = 0, size = 100, salt = 0 }: PoolTx): Uint8Array {
  return encode(layout, { sender, nonce, fee, energyUsed, priority, salt: BigInt(salt), pad: new Uint8Array(Math.max(0, size - BARE)) })
}

/** The id is the content without its padding: enough to tell transactions apart. */
export const poolTxId = (data: Uint8Array): Uint8Array => {
  const { sender, nonce, fee, energyUsed, priority, salt } = decode(layout, data)
  return Buffer.from([sender, nonce, fee, energyUsed, priority, salt].join('/').padEnd(32, '.').slice(0, 32))
}

/** The corner of a ledger that a pool needs, with unsigned transactions, nonces set by hand and blocks that only hold transactions. */
export interface PoolLedger {
  readonly ledger: Ledger
  setNext (sender: number, nonce: bigint): void
  block (name: number, height: bigint, parents: number[], transactions: Uint8Array[]): void
  moveTip (name: number, reorganised: number): void
}

/** `isSigned` plays the signature check; `verify` the same for many, as slowly and in whatever order a test wants. */
export interface PoolLedgerOptions { isSigned?: (data: Uint8Array) => boolean, verify?: (list: readonly Uint8Array[]) => Promise<boolean[]> }

export function createPoolLedger ({ isSigned = () => true, verify = async list => list.map(isSigned) }: PoolLedgerOptions = {}): PoolLedger {
  const events = new EventTarget()
  const next = new Map<number, bigint>()
  const blocks = new Map<string, { header: BlockHeader, data: BlockData }>()
  const hashOf = (name: number): Uint8Array => Buffer.alloc(32, name)
  const height = (hash: Uint8Array): bigint => blocks.get(toHex(hash))?.header.height ?? 0n
  const ref = (name: number): LedgerEvents['tip']['detail']['tip'] => ({ hash: hashOf(name), height: height(hashOf(name)), cumulativeDifficulty: 1n })
  const ledger = {
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
    tip: () => ref(0),
    nextNonce: (sender: Uint8Array) => next.get(sender[0] as number) ?? 0n,
    header: (hash: Uint8Array) => blocks.get(toHex(hash))?.header,
    block: async (hash: Uint8Array) => blocks.get(toHex(hash))?.data,
    verifyTransaction ({ data }: LedgerTransaction) { if (!isSigned(data)) throw new TosError('INVALID_TRANSACTION', 'forged', { details: { rule: 'signature' } }) },
    verifyTransactions: (transactions: readonly LedgerTransaction[]) => verify(transactions.map(({ data }) => data)),
    readTransaction (data: Uint8Array) {
      if (data.length < BARE) throw new TosError('INVALID_TRANSACTION', 'too short', { details: { rule: 'form' } })
      const { sender, nonce, fee, energyUsed, priority } = decode(layout, data)
      return { id: poolTxId(data), data, sender: Buffer.alloc(32, sender), nonce, fee, energyUsed, priority, privacyLevel: 0 }
    }
  }
  return {
    // the pool touches nothing else of a ledger, and would fail loudly if it did
    ledger: ledger as unknown as Ledger,
    setNext (sender, nonce) { next.set(sender, nonce) },
    block (name, height, parents, transactions) {
      const hash = hashOf(name)
      const parentHashes = parents.map(hashOf)
      const header = { height, parents: parentHashes } as unknown as BlockHeader
      blocks.set(toHex(hash), { header, data: { hash, height, parents: parentHashes, header: new Uint8Array(), transactions } })
    },
    moveTip (name, reorganised) {
      events.dispatchEvent(new CustomEvent('tip', { detail: { tip: ref(name), reorganised } }))
    }
  }
}
