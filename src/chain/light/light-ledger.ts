import { TypedEventEmitter } from '@libp2p/interface'
import type { BlockData, BlockId } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { encode } from '../../wire/index.ts'
import { sameBytes } from '../block/hash.ts'
import { blockHeader } from '../block/header.ts'
import type { BlockHeader } from '../block/header.ts'
import { createTransactionChecks } from '../block/transaction-checks.ts'
import type { TransactionChecks } from '../block/transaction-checks.ts'
import type { AddResult, BlockRef, BlockTemplate, FoundTransaction, Ledger, LedgerEvents, LedgerTransaction } from '../ledger.ts'
import { createHeaderChain } from './header-chain.ts'
import type { HeaderChain } from './header-chain.ts'
import { openHeaderFile } from './header-file.ts'
import type { HeaderFile } from './header-file.ts'
import type { HeadersAdded } from './take-headers.ts'

/** A ledger of headers: it knows the best chain, and neither bodies nor accounts. */
export interface LightLedger extends Ledger {
  readonly chain: HeaderChain
  /** Bytes of a damaged end of the file that were cut off. */
  readonly lost: number
  /** Writes new headers and tells the listeners: for `LightClientDeps.onHeaders`. */
  headersAdded (news: HeadersAdded): void
}

/** Options of `openLightLedger`. */
export interface LightLedgerOptions {
  readonly network: string
  readonly difficulty?: bigint | undefined
  /** File of headers; without one they live in memory. */
  readonly file?: string | undefined
  readonly maxHeaders?: number
}

/** Opens the headers of a light node. Throws `CONFIG_INVALID`, `DATA_DIR_UNREADABLE`, `GENESIS_MISMATCH`. */
export function openLightLedger ({ file, ...options }: LightLedgerOptions): LightLedger {
  return new HeaderLedger(options.network, openHeaderFile(file, root => createHeaderChain({ ...options, now: Date.now, root })))
}

/** True for the ledger of a light node. */
export function isLightLedger (ledger: object): ledger is LightLedger {
  return ledger instanceof HeaderLedger
}

/** Blocks told of one by one; more at once are a catch-up, which the tip tells. */
const TOLD = 16
const unavailable = (what: string): TosError => new TosError('UNAVAILABLE', `a light node ${what}`, { hint: 'ask a full node' })

class HeaderLedger extends TypedEventEmitter<LedgerEvents> implements LightLedger {
  readonly network: string
  readonly chain: HeaderChain
  readonly lost: number
  readonly #file: HeaderFile
  readonly #checks: TransactionChecks
  #written = true
  #closed = false

  constructor (network: string, file: HeaderFile) {
    super()
    this.network = network
    this.chain = file.chain
    this.lost = file.lost
    this.#file = file
    this.#checks = createTransactionChecks(network)
  }

  get genesis (): Uint8Array { return this.chain.genesis }
  tip (): BlockRef { return this.chain.tip() }
  tips (): BlockRef[] { return this.chain.tips() }
  has (hash: Uint8Array): boolean { return this.chain.has(hash) }
  header (hash: Uint8Array): BlockHeader | undefined { return this.chain.header(hash) }
  async block (): Promise<BlockData | undefined> { return undefined }
  locator (): BlockId[] { return this.chain.locator() }
  after (): { hashes: Uint8Array[], more: boolean } { return { hashes: [], more: false } }

  atHeights (start: bigint, count: number): Uint8Array[] {
    const hashes: Uint8Array[] = []
    for (let height = start; hashes.length < count; height++) {
      const hash = this.chain.at(height)
      if (hash === undefined) break
      hashes.push(hash)
    }
    return hashes
  }

  checkHeader (bytes: Uint8Array): { header: BlockHeader, hash: Uint8Array } { return this.chain.check(bytes) }

  /** Keeps the header alone; what the body holds is not looked at. */
  async add ({ header, hash }: BlockData): Promise<AddResult> {
    if (sameBytes(hash, this.genesis)) return { status: 'known' }
    const result = this.chain.add(header)
    if (result.status === 'accepted') this.headersAdded({ headers: [header], tipChanged: result.tipChanged, reorganised: result.reorganised, refused: result.refused ?? 0 })
    return result
  }

  template (): BlockTemplate { throw unavailable('cannot mine') }
  async transaction (): Promise<FoundTransaction | undefined> { return undefined }
  /** Accounts are not known here: whoever sends from a light node names the nonce. */
  nextNonce (): bigint { return 0n }

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

  headersAdded ({ headers, tipChanged, reorganised, refused }: HeadersAdded): void {
    this.#write(headers)
    for (const bytes of headers.slice(-TOLD)) {
      const { header, hash } = this.chain.check(bytes)
      this.safeDispatchEvent('block', { detail: { block: { hash, height: header.height, parents: header.parents, header: encode(blockHeader, header), transactions: [] }, header } })
    }
    if (tipChanged) this.safeDispatchEvent('tip', { detail: { tip: this.tip(), reorganised } })
    if (refused > 0) this.safeDispatchEvent('fork', { detail: { depth: refused, error: new TosError('REORG_TOO_DEEP', `a heavier branch would replace ${refused} blocks`, { details: { depth: refused } }) } })
  }

  dump (): Record<string, number> { return { headers: this.chain.size, headerBytes: this.chain.bytes, tips: this.tips().length } }

  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#checks.stop()
    this.#file.close()
  }

  /** A disk that refuses costs a fetch after the next start, nothing else: the chain goes on in memory. */
  #write (headers: readonly Uint8Array[]): void {
    if (this.#closed || !this.#written) return
    try {
      this.#file.append(headers)
    } catch (cause) {
      this.#written = false
      this.safeDispatchEvent('store', { detail: { writable: false, error: new TosError('STORE_READ_ONLY', 'the header file refuses writes', { cause }) } })
    }
  }
}
