import { createHash } from 'node:crypto'
import type { BlockData } from '../../protocols/index.ts'
import { blockHeader } from '../../src/chain/block/header.ts'
import type { Ledger } from '../../src/chain/ledger.ts'
import { merkleRoot } from '../../src/chain/block/merkle.ts'
import { createReferenceLedger } from '../../src/chain/dag/reference-ledger.ts'
import { createTransactionSigner } from '../../src/chain/block/transaction-signer.ts'
import { encode, toHex } from '../../src/wire/index.ts'
import type { VirtualClock } from './virtual-clock.ts'

export const NETWORK = 'test-chain'

const sha3 = (bytes: Uint8Array): Uint8Array => createHash('sha3-256').update(bytes).digest()

/** An empty ledger in memory whose hashes all meet the difficulty of 1; its own work holds the virtual clock still. */
export async function createTestLedger (clock: VirtualClock): Promise<Ledger> {
  const ledger = await createReferenceLedger({ network: NETWORK, difficulty: 1n, clock })
  const add = ledger.add.bind(ledger)
  ledger.add = block => clock.track(add(block))
  return ledger
}

export interface BlockSpec {
  /** Default: the tip of the ledger. */
  readonly parents?: readonly Uint8Array[]
  readonly transactions?: readonly Uint8Array[]
  /** Tells blocks on the same parents apart. */
  readonly miner?: number
  /** Overrides fields of the header, to break a rule. */
  readonly header?: Partial<{ version: number, height: bigint, timestamp: bigint, txRoot: Uint8Array }>
}

/** A block on parents that `ledger` holds; it is not added. */
export function makeBlock (ledger: Ledger, { parents = [ledger.tip().hash], transactions = [], miner = 0, header: overrides = {} }: BlockSpec = {}): BlockData {
  const known = parents.map(hash => {
    const header = ledger.header(hash)
    if (header === undefined) throw new Error(`parent ${toHex(hash)} is not held`)
    return { hash, height: header.height, timestamp: header.timestamp }
  })
  // the preferred parent first: with one difficulty for all that is the higher, then the lower hash
  const sorted = known.toSorted((a, b) => Number(b.height - a.height) || Buffer.compare(a.hash, b.hash))
  const height = 1n + known.reduce((top, parent) => parent.height > top ? parent.height : top, 0n)
  const timestamp = 1n + known.reduce((top, parent) => parent.timestamp > top ? parent.timestamp : top, 0n)
  const fields = {
    version: 1, height, timestamp, parents: sorted.map(({ hash }) => hash), txRoot: merkleRoot(transactions.map(sha3)),
    difficulty: 1n, nonce: 0n, aiMined: false, miner: Buffer.alloc(32, miner), ...overrides
  }
  const header = encode(blockHeader, fields)
  return { hash: sha3(header), height: fields.height, parents: fields.parents, header, transactions: [...transactions] }
}

/** Adds `count` blocks on the tip and returns them. */
export async function extend (ledger: Ledger, count: number, spec: BlockSpec = {}): Promise<BlockData[]> {
  const blocks: BlockData[] = []
  let parents = spec.parents ?? [ledger.tip().hash]
  for (let i = 0; i < count; i++) {
    const block = makeBlock(ledger, { ...spec, parents })
    await ledger.add(block)
    blocks.push(block)
    parents = [block.hash]
  }
  return blocks
}

/** Copies `blocks` into another ledger. */
export async function copy (blocks: readonly BlockData[], ledger: Ledger): Promise<void> {
  for (const block of blocks) await ledger.add(block)
}

/** Signs transactions as person number `person`, a small integer. */
export function signer (person: number): { readonly sender: Uint8Array, sign (tx: { nonce: bigint, fee?: bigint, size?: number, priority?: number, privacyLevel?: number, energyUsed?: bigint }): Uint8Array } {
  const { sender, sign } = createTransactionSigner(Buffer.alloc(32, person), NETWORK)
  return {
    sender,
    sign: ({ nonce, fee = 1n, size = 10, priority = 0, privacyLevel = 0, energyUsed = 0n }) => sign({ nonce, fee, priority, privacyLevel, energyUsed, body: Buffer.alloc(size, person) })
  }
}

export const idOf = (transaction: Uint8Array): Uint8Array => sha3(transaction)
