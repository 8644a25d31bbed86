import { createReadStream } from 'node:fs'
import { BLOCK_LIMITS, blockData } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { decode, toHex } from '../../wire/index.ts'
import { CHAIN_MAGIC, HEAD_MAX_BYTES, LENGTH_BYTES, TRAILER_BYTES, chainFileInvalid, createChainDigest, decodeHead, encodeTrailer } from './chain-file.ts'
import type { ChainDigest } from './chain-file.ts'
import type { ChainTransfer, ChainTransferOptions } from './chain-export.ts'
import { createChunkReader } from './chunk-reader.ts'
import type { ChunkReader } from './chunk-reader.ts'
import { sameBytes } from '../block/hash.ts'
import type { Ledger } from '../ledger.ts'

/** What an import did; `added` counts the blocks that were new. */
export interface ChainImport extends ChainTransfer {
  readonly added: number
}

const RECORD_MAX = BLOCK_LIMITS.blockBytes + 1024

/**
 * Adds the blocks of a chain file, each fully validated. Everything before a fault is kept, and the error's details carry its byte
 * `offset` and the `blocks` read before it. Throws `CHAIN_FILE_INVALID`, `GENESIS_MISMATCH`, `FILE_UNREADABLE`, `ABORTED` or what the
 * ledger's store throws.
 */
export async function importChain (ledger: Ledger, from: string | AsyncIterable<Uint8Array>, { signal, onProgress }: ChainTransferOptions = {}): Promise<ChainImport> {
  const source = typeof from === 'string' ? createReadStream(from, { highWaterMark: 256 * 1024 }) : from
  const reader = createChunkReader(source)
  const progress = { blocks: 0, transactions: 0, bytes: 0, added: 0 }
  try {
    const digest = await readHead(reader, ledger)
    for (;;) {
      if (signal?.aborted === true) throw new TosError('ABORTED', 'the import was cancelled', { details: { blocks: progress.blocks } })
      const offset = reader.offset
      const record = await readRecord(reader, digest)
      if (record === undefined) break
      const { status, transactions } = await addBlock(ledger, record, offset)
      if (status === 'accepted') progress.added++
      progress.transactions += transactions
      progress.blocks++
      progress.bytes = reader.offset
      onProgress?.({ ...progress })
    }
    return { ...progress, bytes: reader.offset }
  } catch (error) {
    throw located(error, progress.blocks)
  } finally {
    await reader.close()
  }
}

async function readHead (reader: ChunkReader, ledger: Ledger): Promise<ChainDigest> {
  const magic = await reader.take(CHAIN_MAGIC.length)
  if (magic === undefined || !sameBytes(magic, CHAIN_MAGIC)) throw chainFileInvalid('this is not a TOS chain file', 0)
  const length = await readLength(reader)
  const bytes = length === undefined || length > HEAD_MAX_BYTES ? undefined : await reader.take(length)
  if (bytes === undefined) throw chainFileInvalid('the head is damaged', CHAIN_MAGIC.length)
  const { network, genesis, difficulty } = decodeHead(bytes)
  const expected = { network: ledger.network, genesis: toHex(ledger.genesis), difficulty: ledger.template().difficulty }
  const found = { network, genesis: toHex(genesis), difficulty }
  if (network !== expected.network || found.genesis !== expected.genesis || difficulty !== expected.difficulty) {
    throw new TosError('GENESIS_MISMATCH', `the file holds a chain of ${network}, this is ${ledger.network}`, {
      details: { offset: CHAIN_MAGIC.length + LENGTH_BYTES, found: `${network} ${found.genesis} ${difficulty}`, expected: `${expected.network} ${expected.genesis} ${expected.difficulty}` }
    })
  }
  return createChainDigest(bytes)
}

/** Undefined after a trailer that fits. */
async function readRecord (reader: ChunkReader, digest: ChainDigest): Promise<Uint8Array | undefined> {
  const offset = reader.offset
  const length = await readLength(reader)
  if (length === undefined) throw chainFileInvalid('the file ends early', offset)
  if (length > RECORD_MAX) throw chainFileInvalid(`a record of ${length} bytes is too long`, offset)
  if (length > 0) {
    const record = await reader.take(length)
    if (record === undefined) throw chainFileInvalid('the file ends within a block', offset)
    digest.add(record)
    return record
  }
  const trailer = await reader.take(TRAILER_BYTES)
  if (trailer === undefined || !sameBytes(trailer, encodeTrailer(digest))) throw chainFileInvalid('the trailer does not match the blocks', offset)
  if (await reader.take(1) !== undefined) throw chainFileInvalid('bytes follow the trailer', offset + LENGTH_BYTES + TRAILER_BYTES)
  return undefined
}

async function readLength (reader: ChunkReader): Promise<number | undefined> {
  const bytes = await reader.take(LENGTH_BYTES)
  return bytes === undefined ? undefined : Buffer.from(bytes).readUInt32LE()
}

async function addBlock (ledger: Ledger, record: Uint8Array, offset: number): Promise<{ status: 'accepted' | 'known', transactions: number }> {
  let block: BlockData
  try {
    block = decode(blockData, record)
  } catch (cause) {
    throw chainFileInvalid('a block is damaged', offset, cause)
  }
  const { status } = await ledger.add(block).catch((error: unknown) => {
    if (error instanceof TosError && error.code === 'INVALID_BLOCK') throw chainFileInvalid(`a block is invalid: ${error.message}`, offset, error)
    throw error
  })
  if (status === 'orphan') throw chainFileInvalid('a block stands before its parents', offset)
  return { status, transactions: block.transactions.length }
}

/** The same error with the number of blocks before it; a failing source gets a code. */
function located (error: unknown, blocks: number): TosError {
  if (!(error instanceof TosError)) return new TosError('FILE_UNREADABLE', 'the chain file cannot be read', { cause: error, details: { blocks } })
  return new TosError(error.code, error.message, { ...(error.cause === undefined ? {} : { cause: error.cause }), details: { ...error.details, blocks } })
}
