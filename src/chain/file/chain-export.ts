import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { blockData } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { encode } from '../../wire/index.ts'
import { CHAIN_MAGIC, createChainDigest, encodeHead, encodeTrailer, lengthPrefix } from './chain-file.ts'
import type { Ledger } from '../ledger.ts'

/** How a transfer is watched and stopped. */
export interface ChainTransferOptions {
  readonly signal?: AbortSignal
  /** Called after each block with the sums so far. */
  readonly onProgress?: (progress: ChainTransfer) => void
}

/** Blocks handled (genesis is not one of them), the transactions in them, and bytes of the file. */
export interface ChainTransfer {
  readonly blocks: number
  readonly transactions: number
  readonly bytes: number
}

const PAGE = 256

/**
 * Writes every block below the tip, parents first; branches that nothing merged yet are left out. A path is replaced only when the
 * file is complete. Throws `FILE_UNREADABLE`, `ABORTED`, or what reading blocks throws.
 */
export async function exportChain (ledger: Ledger, to: string | Writable, { signal, onProgress }: ChainTransferOptions = {}): Promise<ChainTransfer> {
  const progress = { blocks: 0, transactions: 0, bytes: 0 }
  const counted = async function * (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chainBytes(ledger, block => {
      progress.blocks++
      progress.transactions += block.transactions.length
    })) {
      progress.bytes += chunk.length
      yield chunk
      onProgress?.({ ...progress })
    }
  }
  const part = typeof to === 'string' ? `${to}.part` : undefined
  try {
    await pipeline(Readable.from(counted(), { objectMode: true, highWaterMark: 4 }), part === undefined ? to as Writable : createWriteStream(part), { signal })
    if (part !== undefined) await rename(part, to as string)
  } catch (error) {
    if (part !== undefined) await rm(part, { force: true })
    if (signal?.aborted === true) throw new TosError('ABORTED', 'the export was cancelled', { cause: error })
    if (error instanceof TosError) throw error
    throw new TosError('FILE_UNREADABLE', 'the chain file cannot be written', { cause: error })
  }
  return progress
}

async function * chainBytes (ledger: Ledger, onBlock: (block: BlockData) => void): AsyncGenerator<Uint8Array> {
  const difficulty = ledger.template().difficulty
  const head = encodeHead({ network: ledger.network, genesis: ledger.genesis, difficulty })
  const digest = createChainDigest(head)
  yield Buffer.concat([CHAIN_MAGIC, lengthPrefix(head.length), head])
  const stop = ledger.tip().hash
  let last = ledger.genesis
  for (let more = true; more;) {
    const page = ledger.after([{ hash: last, height: 0n }], stop, PAGE)
    for (const hash of page.hashes) {
      const block = await ledger.block(hash)
      if (block === undefined) throw new TosError('BLOCK_NOT_FOUND', 'a block left the ledger during the export')
      const bytes = encode(blockData, block)
      digest.add(bytes)
      onBlock(block)
      yield Buffer.concat([lengthPrefix(bytes.length), bytes])
    }
    last = page.hashes.at(-1) ?? last
    more = page.more && page.hashes.length > 0
  }
  yield Buffer.concat([lengthPrefix(0), encodeTrailer(digest)])
}
