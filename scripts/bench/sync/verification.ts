import { createPublicKey, verify } from 'node:crypto'
import { createReferenceLedger, decodeTransaction, merkleRoot, transactionId } from '../../../src/chain/index.ts'
import { sha3 } from '../../../src/chain/block/hash.ts'
import { signedBytes, transactionDomain } from '../../../src/chain/block/transaction.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { CHAIN, readChain } from './chain-bytes.ts'

/** Processor seconds of adding a chain to the ledger, and of its hashes, signatures and Merkle roots alone; interleaved rounds, printed as JSON. */
const blocks = (await readChain(process.argv[2] as string)).slice(0, Number(process.argv[3]))
const rounds = Number(process.argv[4])

async function cpuOf (work: () => Promise<void>): Promise<number> {
  globalThis.gc?.()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

async function whole (): Promise<void> {
  const ledger = await createReferenceLedger(CHAIN)
  for (const block of blocks) await ledger.add(block)
  await ledger.close()
}

/** Nothing but the primitives, each key imported once, as the ledger caches them. */
async function primitives (): Promise<void> {
  const domain = transactionDomain(CHAIN.network)
  const keys = new Map<string, ReturnType<typeof createPublicKey>>()
  for (const block of blocks) bare(block, domain, keys)
}

function bare (block: BlockData, domain: Uint8Array, keys: Map<string, ReturnType<typeof createPublicKey>>): void {
  sha3(block.header)
  merkleRoot(block.transactions.map(transactionId))
  for (const data of block.transactions) {
    const { sender, signature } = decodeTransaction(data)
    const x = Buffer.from(sender).toString('base64url')
    let key = keys.get(x)
    if (key === undefined) keys.set(x, key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } }))
    if (!verify(null, signedBytes(domain, data), key, signature)) throw new Error('a signature that does not hold')
  }
}

const ours: number[] = []
const limit: number[] = []
// round 0 warms up
for (let round = 0; round <= rounds; round++) {
  const [a, b] = round % 2 === 0 ? [await cpuOf(whole), await cpuOf(primitives)] : [await cpuOf(primitives), await cpuOf(whole)].toReversed() as [number, number]
  if (round === 0) continue
  ours.push(a)
  limit.push(b)
}
process.stdout.write(`${JSON.stringify({ blocks: blocks.length, ours, limit })}\n`)
