import type { MiningShare } from '../../protocols/index.ts'
import { createShareSigner } from '../../src/chain/shares/share-signer.ts'
import type { ShareSigner } from '../../src/chain/shares/share-signer.ts'
import { solveShare } from '../../src/chain/shares/solve-share.ts'

export const SHARE_NET = 'devnet'

export const shareSigner = (seed: number, network = SHARE_NET): ShareSigner => createShareSigner(Buffer.alloc(32, seed), network)

/** A share with real work and a real signature; `at` in Unix milliseconds. */
export async function makeShare ({ minerId, sign }: ShareSigner, at: number, changes: Partial<Omit<MiningShare, 'minerId' | 'signature'>> = {}): Promise<MiningShare> {
  const content = {
    taskId: Buffer.alloc(32, 7), blockHash: Buffer.alloc(32), nonce: 0n, answerHash: Buffer.alloc(32), difficulty: 16n, qualityScore: 80, energyUsed: 3n, stakeAmount: 0n,
    proof: Buffer.alloc(0), timestamp: BigInt(Math.floor(at / 1000)), ...changes
  }
  return sign({ ...content, ...await solveShare({ ...content, minerId }), ...changes.answerHash === undefined ? {} : { answerHash: changes.answerHash } })
}
