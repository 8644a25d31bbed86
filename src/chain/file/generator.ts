import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { compareBytes } from '../block/hash.ts'
import { GENESIS_TIMESTAMP, difficultyOf, genesisOf } from '../block/genesis.ts'
import { merkleRoot } from '../block/merkle.ts'
import { mineHeader } from '../block/mine-header.ts'
import { createSeededBytes } from './seeded-bytes.ts'
import { createTransactionSigner } from '../block/transaction-signer.ts'
import { transactionId } from '../block/transaction.ts'

/** What to generate. The same options give the same bytes. */
export interface GenerateOptions {
  readonly network: string
  /** Private networks only; default 1,000. */
  readonly difficulty?: bigint
  /** Blocks above genesis. */
  readonly blocks: number
  /** Default 0. */
  readonly transactionsPerBlock?: number
  /** Payload of each transaction in bytes (default 64). */
  readonly bodyBytes?: number
  /** Any text (default "tos"). */
  readonly seed?: string
  /** Unix milliseconds of the first block (default: one step after genesis). */
  readonly startTime?: number
  /** Milliseconds between heights (default 1,000). */
  readonly stepMs?: number
  /** How many keys send in turn (default 16). */
  readonly senders?: number
  /** Share of blocks with two or three parents, 0 (default) to 1. */
  readonly forks?: number
  readonly signal?: AbortSignal
}

/**
 * A chain with real proof of work and signed transactions, parents first. Where it forks, siblings repeat a part of their neighbour's
 * transactions, and the next height merges them all. Throws `CONFIG_INVALID` or `ABORTED`.
 */
export async function * generateChain (options: GenerateOptions): AsyncGenerator<BlockData> {
  const { network, blocks, signal, seed = 'tos', stepMs = 1000, forks = 0 } = options
  const difficulty = difficultyOf(network, options.difficulty)
  const random = createSeededBytes(`${network}/${seed}`)
  const startTime = BigInt(options.startTime ?? Number(GENESIS_TIMESTAMP) + stepMs)
  if (!(forks >= 0 && forks <= 1)) throw new TosError('CONFIG_INVALID', `forks must be 0 to 1, not ${forks}`)
  const nextTransactions = createTransactionSource(options, random)

  let tips = [genesisOf(network).hash]
  let made = 0
  // signed in the thread pool while the block before is mined
  let pending = nextTransactions()
  for (let height = 1n; made < blocks; height++) {
    const transactions = await pending
    pending = nextTransactions()
    // all blocks on a forked height merge it, so the chance of a fork is the share of merging blocks
    const siblings = random.fraction() < forks ? 1 + random.below(2) : 0
    const next: Uint8Array[] = []
    for (let i = 0; i <= siblings && made < blocks; i++, made++) {
      const own = i === 0 ? transactions : transactions.slice(0, random.below(transactions.length + 1))
      const mined = await mineHeader({
        version: 1, height, timestamp: startTime + (height - 1n) * BigInt(stepMs), parents: tips, txRoot: merkleRoot(own.map(transactionId)),
        difficulty, nonce: 0n, aiMined: false, miner: random.bytes(32)
      }, { signal })
      if (mined === undefined) throw new TosError('INTERNAL', 'no nonce meets the difficulty')
      next.push(mined.hash)
      yield { hash: mined.hash, height, parents: tips, header: mined.header, transactions: own }
    }
    // all of one height: fork choice prefers the lower hash
    tips = next.sort(compareBytes)
  }
}

function createTransactionSource ({ network, transactionsPerBlock = 0, bodyBytes = 64, seed = 'tos', senders = 16 }: GenerateOptions, random: ReturnType<typeof createSeededBytes>): () => Promise<Uint8Array[]> {
  const keys = createSeededBytes(`${network}/${seed}/keys`)
  const accounts = Array.from({ length: senders }, () => ({ signer: createTransactionSigner(keys.bytes(32), network), nonce: 0n }))
  const content = createSeededBytes(`${network}/${seed}/transactions/${random.below(1 << 30)}`)
  let turn = 0
  return () => Promise.all(Array.from({ length: transactionsPerBlock }, () => {
    const account = accounts[turn++ % senders] as typeof accounts[number]
    return account.signer.signAsync({
      nonce: account.nonce++, fee: BigInt(1 + content.below(10_000)), priority: content.below(4), privacyLevel: content.below(4), energyUsed: 0n, body: content.bytes(bodyBytes)
    })
  }))
}
