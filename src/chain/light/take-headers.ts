import type { BlockData } from '../../../protocols/index.ts'
import { isAhead } from '../blame.ts'
import { invalidBlock } from '../block/block-rules.ts'
import { sameBytes, sha3 } from '../block/hash.ts'
import type { AddResult } from '../ledger.ts'
import type { HeaderChain } from './header-chain.ts'

/** Headers that are new here, and what they changed. */
export interface HeadersAdded {
  /** Encoded, parents first. */
  readonly headers: readonly Uint8Array[]
  readonly tipChanged: boolean
  /** Most selected blocks that left at once. */
  readonly reorganised: number
  /** Depth of a reorganisation that was refused, 0 when there was none. */
  readonly refused: number
}

/** What became of headers that were not added. */
export interface Taken {
  readonly orphans: ReadonlyArray<{ readonly block: BlockData, readonly parents: readonly Uint8Array[] }>
  /** Names of those ahead of our clock. */
  readonly ahead: readonly Uint8Array[]
}

/** Adds headers in the given order, each of which must be the block it is named. Throws `INVALID_BLOCK` at the first that breaks a rule; those before it stay. */
export function takeHeaders (chain: HeaderChain, blocks: readonly BlockData[], added: (news: HeadersAdded) => void = () => {}): Taken {
  const orphans: Array<Taken['orphans'][number]> = []
  const ahead: Uint8Array[] = []
  const headers: Uint8Array[] = []
  let tipChanged = false
  let reorganised = 0
  let refused = 0
  try {
    for (const block of blocks) {
      if (!sameBytes(sha3(block.header), block.hash)) throw invalidBlock('block-hash', 'the header does not hash to its name')
      const result = addUnlessAhead(chain, block.header)
      if (result === undefined) ahead.push(block.hash)
      else if (result.status === 'orphan') orphans.push({ block, parents: result.missing })
      else if (result.status === 'accepted') {
        headers.push(block.header)
        tipChanged ||= result.tipChanged
        reorganised = Math.max(reorganised, result.reorganised)
        refused = Math.max(refused, result.refused ?? 0)
      }
    }
  } finally {
    if (headers.length > 0) added({ headers, tipChanged, reorganised, refused })
  }
  return { orphans, ahead }
}

function addUnlessAhead (chain: HeaderChain, header: Uint8Array): (AddResult & { readonly refused?: number }) | undefined {
  try {
    return chain.add(header)
  } catch (error) {
    if (isAhead(error)) return undefined
    throw error
  }
}
