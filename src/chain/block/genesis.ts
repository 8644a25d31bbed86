import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { utf8Bytes } from '../../wire/bytes.ts'
import { encode } from '../../wire/index.ts'
import { HASH_BYTES, sha3 } from './hash.ts'
import { blockHeader } from './header.ts'

/** Unix milliseconds of every genesis block. */
export const GENESIS_TIMESTAMP = 1_700_000_000_000n
const PUBLIC_DIFFICULTY = 1n << 32n
const DEFAULT_DIFFICULTY = 1000n
const FIXED: Readonly<Record<string, bigint>> = { mainnet: PUBLIC_DIFFICULTY, testnet: PUBLIC_DIFFICULTY, devnet: DEFAULT_DIFFICULTY }

/** Block 0 of a network, complete (WIRE.md §9). Throws `CONFIG_INVALID` when the name is not one. */
export function genesisOf (network: string): BlockData {
  checkNetworkName(network)
  const header = encode(blockHeader, {
    version: 1, height: 0n, timestamp: GENESIS_TIMESTAMP, parents: [], txRoot: new Uint8Array(HASH_BYTES),
    difficulty: 1n, nonce: 0n, aiMined: false, miner: sha3(utf8Bytes(`TOS-GENESIS-${network}`))
  })
  return { hash: sha3(header), height: 0n, parents: [], header, transactions: [] }
}

/**
 * The constant difficulty of a network: 2^32 on mainnet and testnet, 1,000 on devnet, `configured` (default 1,000) on a private one.
 * Throws `CONFIG_INVALID` for another value than the network's own, or one outside u64.
 */
export function difficultyOf (network: string, configured?: bigint): bigint {
  checkNetworkName(network)
  const fixed = FIXED[network]
  if (fixed !== undefined && configured !== undefined && configured !== fixed) {
    throw new TosError('CONFIG_INVALID', `the difficulty of ${network} is ${fixed}, not ${configured}; only private networks choose theirs`)
  }
  const difficulty = fixed ?? configured ?? DEFAULT_DIFFICULTY
  if (difficulty < 1n || difficulty > 0xffff_ffff_ffff_ffffn) throw new TosError('CONFIG_INVALID', `difficulty ${difficulty} is not 1 to 2^64 - 1`)
  return difficulty
}

function checkNetworkName (network: string): void {
  if (!/^[a-z0-9-]{1,32}$/.test(network)) {
    throw new TosError('CONFIG_INVALID', `"${network.slice(0, 40)}" is not a network name: 1 to 32 of a-z, 0-9 and "-"`)
  }
}
