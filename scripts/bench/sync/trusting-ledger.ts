import { TypedEventEmitter } from '@libp2p/interface'
import type { BlockData, BlockId } from '../../../protocols/index.ts'
import { blockHeader, genesisOf } from '../../../src/chain/index.ts'
import type { AddResult, BlockHeader, BlockRef, BlockTemplate, FoundTransaction, Ledger, LedgerEvents } from '../../../src/chain/index.ts'
import { sha3 } from '../../../src/chain/block/hash.ts'
import { decode, toHex } from '../../../src/wire/index.ts'

/** What a bench asks of it. */
export interface TrustingOptions {
  readonly network: string
  /** Forget what was in the blocks, so that memory shows what the sync holds. */
  readonly forget?: boolean
}

/** A straight chain that believes everything: what a sync costs without verification. Only what a sync and a block server ask for. */
export function createTrustingLedger ({ network, forget = false }: TrustingOptions): Ledger {
  return new TrustingLedger(network, forget)
}

const refuse = (): never => { throw new Error('a trusting ledger cannot do that') }

class TrustingLedger extends TypedEventEmitter<LedgerEvents> implements Ledger {
  readonly network: string
  readonly genesis: Uint8Array
  readonly #forget: boolean
  readonly #hashes: Uint8Array[] = []
  readonly #heights = new Map<string, number>()
  readonly #headers: Uint8Array[] = []
  readonly #blocks: BlockData[] = []

  constructor (network: string, forget: boolean) {
    super()
    this.network = network
    this.#forget = forget
    const genesis = genesisOf(network)
    this.genesis = genesis.hash
    this.#enter(genesis)
  }

  tip (): BlockRef { return this.#ref(this.#hashes.length - 1) }
  tips (): BlockRef[] { return [this.tip()] }
  has (hash: Uint8Array): boolean { return this.#heights.has(toHex(hash)) }
  async block (hash: Uint8Array): Promise<BlockData | undefined> { return this.#blocks[this.#heights.get(toHex(hash)) ?? -1] }
  template (): BlockTemplate { return refuse() }
  async transaction (): Promise<FoundTransaction | undefined> { return undefined }
  nextNonce (): bigint { return 0n }
  checkTransaction (): never { return refuse() }
  readTransaction (): never { return refuse() }
  verifyTransaction (): never { return refuse() }
  async verifyTransactions (): Promise<boolean[]> { return refuse() }
  dump (): Record<string, number> { return { blocks: this.#hashes.length } }
  async close (): Promise<void> {}

  header (hash: Uint8Array): BlockHeader | undefined {
    const bytes = this.#headers[this.#heights.get(toHex(hash)) ?? -1]
    return bytes === undefined ? undefined : decode(blockHeader, bytes)
  }

  // the name must be right, or no answer could be told from another
  checkHeader (header: Uint8Array): { header: BlockHeader, hash: Uint8Array } { return { header: decode(blockHeader, header), hash: sha3(header) } }

  locator (): BlockId[] {
    const ids: BlockId[] = []
    for (let height = this.#hashes.length - 1, step = 1; height > 0; height -= step) {
      ids.push(this.#ref(height))
      if (ids.length >= 30) step *= 2
    }
    return [...ids, this.#ref(0)]
  }

  after (ids: readonly BlockId[], _stop: Uint8Array, max: number): { hashes: Uint8Array[], more: boolean } {
    const common = ids.map(({ hash }) => this.#heights.get(toHex(hash))).find(height => height !== undefined) ?? 0
    return { hashes: this.#hashes.slice(common + 1, common + 1 + max), more: common + 1 + max < this.#hashes.length }
  }

  atHeights (start: bigint, count: number): Uint8Array[] { return this.#hashes.slice(Number(start), Number(start) + count) }

  async add (block: BlockData): Promise<AddResult> {
    if (this.has(block.hash)) return { status: 'known' }
    if (!block.parents.every(parent => this.has(parent))) return { status: 'orphan', missing: [...block.parents] }
    this.#enter(block)
    return { status: 'accepted', tipChanged: true, reorganised: 0 }
  }

  #enter (block: BlockData): void {
    // copies: the bytes are views into an answer
    const hash = block.hash.slice()
    this.#heights.set(toHex(hash), this.#hashes.length)
    this.#hashes.push(hash)
    this.#headers.push(block.header.slice())
    if (!this.#forget) this.#blocks.push(block)
  }

  #ref (height: number): BlockRef {
    return { hash: this.#hashes[height] as Uint8Array, height: BigInt(height), cumulativeDifficulty: BigInt(height) }
  }
}
