import { TypedEventEmitter } from '@libp2p/interface'
import { blockBytes, blockData } from '../../../protocols/index.ts'
import type { BlockData, BlockId } from '../../../protocols/index.ts'
import { TosError, toTosError } from '../../errors/index.ts'
import { decode, encode } from '../../wire/index.ts'
import { createBlockDag } from './block-dag.ts'
import type { BlockDag } from './block-dag.ts'
import { createBlockBodies } from './block-bodies.ts'
import type { BlockBodies } from './block-bodies.ts'
import { checkHeaderAlone } from '../block/block-rules.ts'
import type { CheckedHeader } from '../block/block-rules.ts'
import type { BlockStore, StoreRecovery } from '../store/block-store.ts'
import { validateBlock } from './block-validation.ts'
import { createChainQueries } from './chain-queries.ts'
import type { ChainQueries } from './chain-queries.ts'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { difficultyOf, genesisOf } from '../block/genesis.ts'
import { sameBytes, sha3 } from '../block/hash.ts'
import { blockHeader } from '../block/header.ts'
import type { BlockHeader } from '../block/header.ts'
import type { AddResult, BlockRef, BlockTemplate, FoundTransaction, Ledger, LedgerEvents, LedgerTransaction, LedgerUpkeep } from '../ledger.ts'
import { openLevelStore } from '../store/level-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { merkleSiblings } from '../block/merkle.ts'
import { targetOf } from '../block/proof-of-work.ts'
import { createTransactionChecks } from '../block/transaction-checks.ts'
import type { TransactionChecks } from '../block/transaction-checks.ts'
import { linked, readStored } from './stored-block.ts'
import { createTurnstile } from './turnstile.ts'
import type { Turnstile } from './turnstile.ts'
import { createUpkeep } from './upkeep.ts'

/** How to open a reference ledger. */
export interface ReferenceLedgerOptions {
  /** `mainnet`, `testnet`, `devnet` or a private name. */
  readonly network: string
  /** Private networks only; default 1,000. */
  readonly difficulty?: bigint
  /** Directory of the block store, made when missing. Without it and without `store`, blocks live in memory alone. */
  readonly location?: string
  readonly store?: BlockStore
  readonly clock?: Clock
  /** How often a store that refused a write is opened again (default 10 s). */
  readonly reopenMs?: number
  /** Bytes of blocks that may wait in `add` (default 128 MiB). */
  readonly maxPendingBytes?: number
}

/** The embedded ledger of WIRE.md §9. */
export interface ReferenceLedger extends Ledger {
  readonly upkeep: LedgerUpkeep
  readonly difficulty: bigint
  /** Damage found when the store was opened; the operator must be told. */
  readonly recovered: StoreRecovery | undefined
  /** False while the disk refuses blocks: reads go on, `add` throws `STORE_READ_ONLY`. */
  readonly writable: boolean
}

/**
 * Opens the store and rebuilds the index from it; blocks of the store are not validated again, its hash chain vouches for them.
 * Throws `CONFIG_INVALID`, and for a location `GENESIS_MISMATCH`, `DATA_DIR_NEWER`, `DATA_DIR_FOREIGN`, `DATA_DIR_LOCKED` or
 * `DATA_DIR_UNREADABLE`.
 */
export async function createReferenceLedger (options: ReferenceLedgerOptions): Promise<ReferenceLedger> {
  const { network, location } = options
  const genesis = genesisOf(network)
  const difficulty = difficultyOf(network, options.difficulty)
  const store = options.store ?? (location === undefined ? createMemoryStore() : await openLevelStore(location, { network, genesis: genesis.hash, difficulty }))
  const dag = createBlockDag(genesis)
  const checks = createTransactionChecks(network, options.clock)
  try {
    const stubs: number[] = []
    const recovered = await store.load((bytes, number) => {
      const stored = readStored(bytes, checks)
      dag.add(linked(stored, dag))
      if (stored.block === undefined) stubs.push(number)
    })
    return new EmbeddedLedger({ options, genesis, difficulty, store, dag, checks, recovered, stubs })
  } catch (error) {
    await store.close()
    throw toTosError(error, 'STORE_CORRUPT')
  }
}

interface LedgerParts {
  readonly options: ReferenceLedgerOptions
  readonly genesis: BlockData
  readonly difficulty: bigint
  readonly store: BlockStore
  readonly dag: BlockDag
  readonly checks: TransactionChecks
  readonly recovered: StoreRecovery | undefined
  /** Blocks whose bodies are gone. */
  readonly stubs: readonly number[]
}

class EmbeddedLedger extends TypedEventEmitter<LedgerEvents> implements ReferenceLedger {
  readonly network: string
  readonly genesis: Uint8Array
  readonly difficulty: bigint
  readonly recovered: StoreRecovery | undefined
  readonly #genesisBlock: BlockData
  readonly #target: Uint8Array
  readonly upkeep: LedgerUpkeep
  readonly #store: BlockStore
  readonly #bodies: BlockBodies
  readonly #dag: BlockDag
  readonly #queries: ChainQueries
  readonly #checks: TransactionChecks
  readonly #clock: Clock
  readonly #reopenMs: number
  readonly #turns: Turnstile
  #cancelReopen: (() => void) | undefined
  #closed = false
  /** The last block that came lies on a branch that was refused. */
  #forked = false

  constructor ({ options, genesis, difficulty, store, dag, checks, recovered, stubs }: LedgerParts) {
    super()
    this.network = options.network
    this.genesis = genesis.hash
    this.difficulty = difficulty
    this.recovered = recovered
    this.#genesisBlock = genesis
    this.#target = targetOf(difficulty)
    this.#store = store
    this.#dag = dag
    this.#queries = createChainQueries(dag, difficulty)
    this.#checks = checks
    this.#clock = options.clock ?? systemClock
    this.#reopenMs = options.reopenMs ?? 10_000
    this.#turns = createTurnstile(options.maxPendingBytes ?? 128 * 1024 * 1024)
    this.#bodies = createBlockBodies({
      store, dag, inTurn: job => this.#turns.run(0, job),
      onDamage: ({ block, error, kept }) => { this.safeDispatchEvent('damage', { detail: { hash: dag.index.hash(block), height: dag.index.height(block), error, kept } }) }
    })
    for (const stub of stubs) this.#bodies.noteStub(dag.index.height(stub))
    this.upkeep = createUpkeep({ network: this.network, difficulty, store, dag, bodies: this.#bodies })
  }

  get writable (): boolean { return this.#store.writable }
  tip (): BlockRef { return this.#queries.ref(this.#dag.order.head) }
  tips (): BlockRef[] { return this.#queries.tips() }
  has (hash: Uint8Array): boolean { return this.#dag.index.find(hash) !== -1 }
  locator (): BlockId[] { return this.#queries.locator() }
  after (ids: readonly BlockId[], stop: Uint8Array, max: number): { hashes: Uint8Array[], more: boolean } { return this.#queries.after(ids, stop, max) }
  atHeights (start: bigint, count: number): Uint8Array[] { return this.#queries.atHeights(start, count) }
  template (): BlockTemplate { return this.#queries.template() }

  header (hash: Uint8Array): BlockHeader | undefined {
    const block = this.#dag.index.find(hash)
    return block === -1 ? undefined : this.#dag.index.header(block)
  }

  async block (hash: Uint8Array): Promise<BlockData | undefined> {
    const block = this.#dag.index.find(hash)
    if (block === -1) return undefined
    return block === 0 ? this.#genesisBlock : this.#bodies.read(block)
  }

  checkHeader (bytes: Uint8Array): CheckedHeader {
    if (sameBytes(bytes, this.#genesisBlock.header)) return { header: decode(blockHeader, bytes), hash: sha3(bytes) }
    return checkHeaderAlone(bytes, { difficulty: this.difficulty, target: this.#target, now: this.#clock.now() })
  }

  add (block: BlockData): Promise<AddResult> {
    return this.#turns.run(blockBytes(block), () => this.#add(block))
  }

  async transaction (id: Uint8Array): Promise<FoundTransaction | undefined> {
    const { index, order, transactions } = this.#dag
    const transaction = transactions.find(id)
    const block = transaction === -1 ? -1 : order.blockOf(transaction)
    if (block === -1) return undefined
    const list = transactions.inBlock(block)
    const at = list.indexOf(transaction)
    const siblings = merkleSiblings(list.map(other => transactions.id(other)), at)
    const proof = { blockHash: index.hash(block), blockHeight: BigInt(index.height(block)), index: at, siblings }
    const body = await this.#bodies.read(block).catch((error: unknown) => {
      if (!(error instanceof TosError) || error.code !== 'BLOCK_PRUNED') throw error
    })
    return body === undefined ? undefined : { data: body.transactions[at] as Uint8Array, proof }
  }

  nextNonce (sender: Uint8Array): bigint {
    const account = this.#dag.transactions.account(sender)
    return account === -1 ? 0n : BigInt(this.#dag.order.nextNonce(account))
  }

  checkTransaction (data: Uint8Array): LedgerTransaction {
    const transaction = this.readTransaction(data)
    this.verifyTransaction(transaction)
    return transaction
  }

  readTransaction (data: Uint8Array): LedgerTransaction {
    const { id, value: { sender, nonce, fee, energyUsed, priority, privacyLevel } } = this.#checks.parse(data)
    return { id, data, sender, nonce, fee, energyUsed, priority, privacyLevel }
  }

  verifyTransaction (transaction: LedgerTransaction): void { this.#checks.verifyOne(transaction) }
  verifyTransactions (transactions: readonly LedgerTransaction[]): Promise<boolean[]> { return this.#checks.verifyEach(transactions) }

  dump (): Record<string, number> {
    const { index, transactions, order, branches } = this.#dag
    const { keys, verified, verifying } = this.#checks.dump()
    return {
      blocks: index.size, tips: index.tips.size, ordered: order.length, branches, transactions: transactions.transactions, accounts: transactions.accounts,
      pending: this.#turns.waiting, pendingBytes: this.#turns.weight, cachedKeys: keys, verifiedTransactions: verified, verifying
    }
  }

  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelReopen?.()
    await this.#turns.close()
    await this.#bodies.idle()
    await this.#checks.stop()
    await this.#store.close()
  }

  async #add (block: BlockData): Promise<AddResult> {
    if (sameBytes(block.hash, this.genesis)) return { status: 'known' }
    // not worth the validation: it would be refused at the end
    if (!this.#store.writable) throw new TosError('STORE_READ_ONLY', 'the disk refuses blocks')
    const verdict = await validateBlock(block, { difficulty: this.difficulty, target: this.#target, now: this.#clock.now() }, this.#dag, this.#checks)
    if (verdict.status !== 'valid') return verdict
    try {
      await this.#store.append(encode(blockData, block))
    } catch (error) {
      this.#refused(toTosError(error))
      throw error
    }
    const { checked, parents, transactions } = verdict
    const { tipChanged, reorganised, refused } = this.#dag.add({
      hash: checked.hash, header: block.header, height: Number(checked.header.height), parents,
      transactions: transactions.map(({ id, value }) => ({ id, sender: value.sender, nonce: Number(value.nonce) }))
    })
    this.safeDispatchEvent('block', { detail: { block, header: verdict.checked.header } })
    if (tipChanged) this.safeDispatchEvent('tip', { detail: { tip: this.tip(), reorganised } })
    this.#tellFork(refused)
    return { status: 'accepted', tipChanged, reorganised }
  }

  /** Once for each time that a branch grows beyond ours, not for each of its blocks. */
  #tellFork (depth: number): void {
    if (depth > 0 && !this.#forked) {
      const error = new TosError('REORG_TOO_DEEP', `a heavier branch would replace ${depth} blocks`, { details: { depth } })
      this.safeDispatchEvent('fork', { detail: { depth, error } })
    }
    this.#forked = depth > 0
  }

  #refused (error: TosError): void {
    if (this.#closed || this.#cancelReopen !== undefined) return
    this.safeDispatchEvent('store', { detail: { writable: false, error } })
    this.#reopenLater()
  }

  #reopenLater (): void {
    this.#cancelReopen = this.#clock.after(this.#reopenMs, () => {
      // in turn with the blocks, so that none is being written meanwhile
      this.#turns.run(0, () => this.#store.recover()).then(() => {
        this.#cancelReopen = undefined
        this.safeDispatchEvent('store', { detail: { writable: true } })
      }, () => { if (!this.#closed) this.#reopenLater() })
    })
  }
}
