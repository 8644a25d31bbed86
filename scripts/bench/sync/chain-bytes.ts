import { readFile, writeFile } from 'node:fs/promises'
import { blockBytes, blockData } from '../../../protocols/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { generateChain } from '../../../src/chain/index.ts'
import { decode, encode } from '../../../src/wire/index.ts'

/** A private network: hashes meet difficulty 1 at once, so that making the chain takes no mining. */
export const CHAIN = { network: 'bench-sync', difficulty: 1n } as const
export const TRANSACTIONS = 20

/** Makes a chain and writes it as length-prefixed blocks; returns the bytes of its blocks on the wire. */
export async function writeChain (file: string, blocks: number): Promise<number> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const block of generateChain({ ...CHAIN, blocks, transactionsPerBlock: TRANSACTIONS })) {
    const encoded = encode(blockData, block)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(encoded.length)
    parts.push(length, encoded)
    bytes += blockBytes(block)
  }
  await writeFile(file, Buffer.concat(parts))
  return bytes
}

export async function readChain (file: string): Promise<BlockData[]> {
  const bytes = await readFile(file)
  const blocks: BlockData[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at)
    blocks.push(decode(blockData, bytes.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return blocks
}
