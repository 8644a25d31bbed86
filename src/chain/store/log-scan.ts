import { LAST_KEY, decodeRecord, recordKey, sequenceOf } from './block-log.ts'
import type { AsyncBlockVisitor } from './block-store.ts'
import type { LevelLog } from './level-log.ts'

const SCAN_BATCH = 128
// without it the iterator fetches 16 KiB at a time
const SCAN_BYTES = 1024 * 1024

/** Where the log is sound up to, and what is known of the rest. */
export interface LogScan {
  readonly count: number
  readonly hash: Uint8Array
  /** Why the scan ended before the last record; undefined when it did not. */
  readonly fault: string | undefined
  /** Records found behind the fault. */
  readonly behind: number
  /** The block right behind the faulty one, when it is sound: it names its parents. */
  readonly next: Uint8Array | undefined
}

/** Walks the hash chain from `seed` to the first record that does not fit, handing each block before it to `visit`. */
export async function scanLog (db: LevelLog, seed: Uint8Array, visit: AsyncBlockVisitor): Promise<LogScan> {
  let count = 0
  let hash = seed
  let behind = 0
  let fault: string | undefined
  let next: Uint8Array | undefined
  const iterator = db.iterator({ gte: recordKey(0), lte: LAST_KEY, highWaterMarkBytes: SCAN_BYTES })
  try {
    for (let entries = await iterator.nextv(SCAN_BATCH); entries.length > 0; entries = await iterator.nextv(SCAN_BATCH)) {
      for (const [key, value] of entries) {
        if (fault !== undefined) {
          behind++
          note(key, value)
          continue
        }
        const checked = check(key, value)
        fault = checked instanceof Promise ? await checked : checked
        if (fault !== undefined) {
          behind++
          note(key, value)
        }
      }
    }
  } catch (error) {
    fault ??= `block ${count + 1} cannot be read: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await iterator.close()
  }
  return { count, hash, fault, behind, next }

  function note (key: Uint8Array, value: Uint8Array): void {
    if (sequenceOf(key) === count + 2) next = decodeRecord(value, count + 2)?.block
  }

  // synchronous where the visitor is: opening a long log must not wait for a promise a block
  function check (key: Uint8Array, value: Uint8Array): string | undefined | Promise<string | undefined> {
    const sequence = sequenceOf(key)
    if (sequence !== count + 1) return `block ${count + 1} is missing`
    const record = decodeRecord(value, sequence, hash)
    if (record === undefined) return `block ${sequence} does not match the hash chain`
    const pass = (): undefined => {
      count = sequence
      hash = record.hash
    }
    const fail = (error: unknown): string => faultOf(sequence, error)
    try {
      const visited = visit(record.block, sequence)
      return visited instanceof Promise ? visited.then(pass, fail) : pass()
    } catch (error) {
      return fail(error)
    }
  }
}

/** Says why a sound record holds no usable block. */
export function faultOf (number: number, error: unknown): string {
  return `block ${number} cannot be used: ${error instanceof Error ? error.message : String(error)}`
}
