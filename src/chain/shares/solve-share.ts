import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { targetOf } from '../block/proof-of-work.ts'
import { WORK_NONCE_OFFSET, workBytes } from './share-work.ts'
import type { ShareTask } from './share-work.ts'

/** What the default check asks of a miner. */
export interface ShareSolution {
  readonly nonce: bigint
  readonly answerHash: Uint8Array
}

/** A slice of about 4 ms on a slow core. */
const SLICE = 2048

/**
 * Searches upwards from `task.nonce` for one whose answer meets `difficulty`, yielding to the event loop. Throws `INVALID_VALUE` for a
 * difficulty of 0, `ABORTED`.
 */
export async function solveShare (task: ShareTask & { readonly difficulty: bigint }, { signal }: { readonly signal?: AbortSignal } = {}): Promise<ShareSolution> {
  if (task.difficulty < 1n) throw new TosError('INVALID_VALUE', 'a difficulty is at least 1')
  const bytes = workBytes(task)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // equal-length lower-case hex compares like the numbers it spells
  const target = toHex(targetOf(task.difficulty))
  let nonce = task.nonce
  for (;;) {
    if (signal?.aborted === true) throw new TosError('ABORTED', 'the search was cancelled')
    for (let tries = 0; tries < SLICE; tries++, nonce = BigInt.asUintN(64, nonce + 1n)) {
      view.setBigUint64(WORK_NONCE_OFFSET, nonce, true)
      const found = hash('sha3-256', bytes, 'hex')
      if (found <= target) return { nonce, answerHash: Buffer.from(found, 'hex') }
    }
    await setImmediate()
  }
}
