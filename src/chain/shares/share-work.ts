import type { MiningShare } from '../../../protocols/index.ts'
import { concatBytes, utf8Bytes } from '../../wire/bytes.ts'
import { encode, struct, u64 } from '../../wire/index.ts'
import { sameBytes, sha3 } from '../block/hash.ts'
import { meetsTarget, targetOf } from '../block/proof-of-work.ts'

/**
 * `unknown`: this node cannot tell, so the share is dropped and nobody is charged. Answer `invalid` only by a rule that every node of
 * the network has: whoever forwards such a share loses score.
 */
export type WorkVerdict = 'valid' | 'invalid' | 'unknown'

/** Judges the work behind a share. A pool for real AI tasks brings its own; `createHashWork` is the default. */
export interface ShareWork {
  /** True when a check costs less than a signature's: then it comes first, and forging floods cost the forger its work. */
  readonly isCheap: boolean
  check (share: Omit<MiningShare, 'signature'>): WorkVerdict | Promise<WorkVerdict>
}

/** What `answerHash` answers in the default check. */
export type ShareTask = Pick<MiningShare, 'taskId' | 'minerId' | 'blockHash' | 'nonce' | 'proof'>

/** Least difficulty of the default check: cheap for a miner, and a thousand times the cost of a share for whoever floods. */
export const MIN_SHARE_DIFFICULTY = 1024n

const LABEL = utf8Bytes('TOS-AISHARE-WORK-V1\0')
const nonceBytes = struct({ nonce: u64 })

/** SHA3-256 over the label "TOS-AISHARE-WORK-V1", a zero byte, nonce (u64, little-endian), task, miner, block and the SHA3-256 of the proof. */
export function answerOf (task: ShareTask): Uint8Array {
  return sha3(workBytes(task))
}

/** The bytes behind `answerOf`. */
export function workBytes ({ taskId, minerId, blockHash, nonce, proof }: ShareTask): Uint8Array {
  return concatBytes(LABEL, encode(nonceBytes, { nonce }), taskId, minerId, blockHash, sha3(proof))
}

/** Where the nonce stands in `workBytes`. */
export const WORK_NONCE_OFFSET: number = LABEL.length

/** Proof of work: the answer is `answerOf` the share and meets the difficulty the share names, which is at least `minDifficulty`. */
export function createHashWork ({ minDifficulty = MIN_SHARE_DIFFICULTY }: { readonly minDifficulty?: bigint } = {}): ShareWork {
  // there is no target for 0, which a share may name
  const least = minDifficulty > 1n ? minDifficulty : 1n
  return {
    isCheap: true,
    check (share) {
      // another pool may ask for less than this node does
      if (share.difficulty < least) return 'unknown'
      return meetsTarget(share.answerHash, targetOf(share.difficulty)) && sameBytes(share.answerHash, answerOf(share)) ? 'valid' : 'invalid'
    }
  }
}
