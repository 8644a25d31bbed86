import { LAST_KEY, decodeRecord, recordKey, sequenceOf } from './block-log.ts'
import type { BlockVisitor } from './block-store.ts'
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
}

/** Walks the hash chain from `seed` to the first record that does not fit, handing each block before it to `visit`. */
export async function scanLog (db: LevelLog, seed: Uint8Array, visit: BlockVisitor): Promise<LogScan> {
  let count = 0
  let hash = seed
  let behind = 0
  let fault: string | undefined
  const iterator = db.iterator({ gte: recordKey(0), lte: LAST_KEY, highWaterMarkBytes: SCAN_BYTES })
  try {
    for (let entries = await iterator.nextv(SCAN_BATCH); entries.length > 0; entries = await iterator.nextv(SCAN_BATCH)) {
      for (const [key, value] of entries) {
        if (fault !== undefined) { behind++; continue }
        fault = check(key, value)
        if (fault !== undefined) behind++
      }
    }
  } catch (error) {
    fault ??= `block ${count + 1} cannot be read: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    await iterator.close()
  }
  return { count, hash, fault, behind }

  function check (key: Uint8Array, value: Uint8Array): string | undefined {
    const sequence = sequenceOf(key)
    if (sequence !== count + 1) return `block ${count + 1} is missing`
    const record = decodeRecord(value, sequence, hash)
    if (record === undefined) return `block ${sequence} does not match the hash chain`
    try {
      visit(record.block, sequence)
    } catch (error) {
      return `block ${sequence} cannot be used: ${error instanceof Error ? error.message : String(error)}`
    }
    count = sequence
    hash = record.hash
    return undefined
  }
}
