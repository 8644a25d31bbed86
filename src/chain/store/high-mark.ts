import { close, fsync, open, read, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { sha3 } from '../block/hash.ts'

/**
 * Remembers the highest sequence number ever written, beside the log. LevelDB drops a damaged tail in silence; the mark tells that
 * there was one.
 */
export interface HighMark {
  /** What the mark said when it was opened; undefined when it is new, or neither slot is whole. */
  readonly initial: number | undefined
  set (sequence: number): void
  /** Sets it back to what was found. */
  reset (sequence: number): void
  /** Waits for the disk, then closes. */
  close (): Promise<void>
}

const SLOT_BYTES = 16
const CHECK_BYTES = 8
const MAGIC = Buffer.from('TOSMARK1')

/**
 * Two slots written in turn, each with its checksum: one torn write never loses both. A 16-byte write to the page cache takes a few
 * microseconds and survives the process, which is why it may be synchronous.
 */
export async function openHighMark (path: string): Promise<HighMark> {
  const handle = await openFile(path)
  const bytes = Buffer.alloc(2 * SLOT_BYTES)
  await promisify(read)(handle, bytes, 0, bytes.length, 0)
  const slots = [0, 1].map(i => decodeSlot(bytes.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES)))
  const whole = slots.filter(slot => slot !== undefined)
  const write = (sequence: number, slot: number): void => { writeSync(handle, encodeSlot(sequence), 0, SLOT_BYTES, slot * SLOT_BYTES) }
  return {
    initial: whole.length === 0 ? undefined : Math.max(...whole),
    set (sequence) { write(sequence, sequence & 1) },
    reset (sequence) { for (const slot of [0, 1]) write(sequence, slot) },
    async close () {
      await promisify(fsync)(handle)
      await promisify(close)(handle)
    }
  }
}

async function openFile (path: string): Promise<number> {
  try {
    return await promisify(open)(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return promisify(open)(path, 'w+')
  }
}

function encodeSlot (sequence: number): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES)
  slot.writeBigUInt64BE(BigInt(sequence))
  slot.set(checksum(slot), SLOT_BYTES - CHECK_BYTES)
  return slot
}

function decodeSlot (slot: Buffer): number | undefined {
  if (!checksum(slot).equals(slot.subarray(SLOT_BYTES - CHECK_BYTES))) return undefined
  return Number(slot.readBigUInt64BE())
}

function checksum (slot: Buffer): Buffer {
  return Buffer.from(sha3(Buffer.concat([MAGIC, slot.subarray(0, SLOT_BYTES - CHECK_BYTES)])).subarray(0, CHECK_BYTES))
}
