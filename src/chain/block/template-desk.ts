import { LRUCache } from 'lru-cache'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { decode, encode, toHex } from '../../wire/index.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger.ts'
import { assembleBlock } from './assemble-block.ts'
import type { AssembleDeps } from './assemble-block.ts'
import { invalidBlock } from './block-rules.ts'
import { sameBytes, sha3 } from './hash.ts'
import { blockHeader, nonceOffset } from './header.ts'
import { targetOf } from './proof-of-work.ts'

export interface TemplateDeskDeps extends AssembleDeps {
  readonly ledger: Ledger
  /** Named as miner unless a request names another, 32 bytes. */
  readonly miner: Uint8Array
  readonly clock: Pick<Clock, 'now'>
  /** Told of each block that was accepted, to announce it. */
  readonly onBlock?: (block: BlockData) => void
}

/** What a miner outside needs: it puts eight bytes into the header until the SHA3-256 of it is no greater than the target. */
export interface WorkTemplate {
  /** SHA3-256 of the header as given, hex. */
  readonly id: string
  /** The nonce in it is 0. */
  readonly header: Uint8Array
  /** Where the nonce stands in it: u64, little-endian. */
  readonly nonceOffset: number
  /** 32 bytes, big-endian. */
  readonly target: Uint8Array
  readonly height: bigint
  readonly difficulty: bigint
  readonly transactions: number
}

/** Hands out blocks that lack their nonce, and takes the nonces. */
export interface TemplateDesk {
  /** On the present tip, with the best transactions of the pool. */
  issue (options?: { readonly miner?: Uint8Array | undefined, readonly aiMined?: boolean | undefined }): WorkTemplate
  /**
   * Puts the nonce in and gives the block to the ledger. `known`: this very block is held already. Throws `STALE_TEMPLATE` for a template that is
   * not held or not on the tip any more, `INVALID_BLOCK` (rule `proof-of-work`) for a nonce that does not do, or what the ledger throws.
   */
  submit (id: string, nonce: bigint): Promise<{ readonly block: BlockData, readonly status: 'accepted' | 'known' }>
  dump (): Record<string, number>
}

/** Templates held; each may hold a block of transactions. */
const TEMPLATES = 16

/** A template whose tip was overtaken is stale even where the DAG could still merge its block: the work is worth more on the new one. */
export function createTemplateDesk ({ ledger, miner, clock, onBlock = () => {}, ...deps }: TemplateDeskDeps): TemplateDesk {
  const issued = new LRUCache<string, { readonly header: Uint8Array, readonly parents: readonly Uint8Array[], readonly transactions: Uint8Array[] }>({ max: TEMPLATES })
  const counts = { accepted: 0, stale: 0, wrong: 0 }
  const stale = (id: string, why: string): TosError => {
    counts.stale++
    return new TosError('STALE_TEMPLATE', `template ${id.slice(0, 16)} ${why}`, { details: { template: id } })
  }
  return {
    issue (wish = {}) {
      const { header, transactions } = assembleBlock(ledger.template(), { miner: wish.miner ?? miner, aiMined: wish.aiMined ?? false, now: clock.now() }, deps)
      const bytes = encode(blockHeader, header)
      const id = toHex(sha3(bytes))
      issued.set(id, { header: bytes, parents: header.parents, transactions })
      const { height, difficulty } = header
      return { id, header: bytes.slice(), nonceOffset: nonceOffset(header.parents.length), target: targetOf(difficulty), height, difficulty, transactions: transactions.length }
    },
    async submit (id, nonce) {
      const template = issued.get(id.toLowerCase())
      if (template === undefined) throw stale(id, 'is not held')
      const { parents, transactions } = template
      const header = Uint8Array.from(template.header)
      new DataView(header.buffer).setBigUint64(nonceOffset(parents.length), nonce, true)
      const hash = sha3(header)
      const block = { hash, height: decode(blockHeader, header).height, parents: [...parents], header, transactions }
      // an answer that was lost on its way is asked for again
      if (ledger.has(hash)) return { block, status: 'known' }
      if (!sameBytes(parents[0] as Uint8Array, ledger.tip().hash)) throw stale(id, 'is not on the tip any more')
      try {
        ledger.checkHeader(header)
      } catch (error) {
        counts.wrong++
        throw error
      }
      const { status } = await ledger.add(block)
      // its parents are the ledger's own
      if (status === 'orphan') throw invalidBlock('header', 'the parents of the template are gone')
      if (status === 'accepted') {
        counts.accepted++
        onBlock(block)
      }
      return { block, status }
    },
    dump: () => ({ templates: issued.size, ...counts })
  }
}
