import type { TxAnnounce } from '../../../protocols/index.ts'
import { toHex } from '../../wire/index.ts'
import { STEM } from './limits.ts'

/** A transaction on its stem. */
export interface StemEntry {
  readonly key: string
  readonly announce: TxAnnounce
  /** The pool's own copy. */
  readonly data: Uint8Array
  readonly sender: string
  readonly nonce: bigint
  /** The peer that is charged for the room it takes; undefined: our own. */
  readonly from: string | undefined
  /** Those it came from and was passed on for, ourselves included (undefined). */
  readonly passed: Set<string | undefined>
  /** Call off the embargo and the next attempt. */
  endEmbargo: () => void
  endRetry: () => void
}

/** Stem transactions, apart from everything that is served, announced or shown. It has no gauge on purpose. */
export interface StemPool {
  get (id: Uint8Array): StemEntry | undefined
  /** False when there is no room for it. */
  add (entry: StemEntry): boolean
  /** Takes it out and ends its timers; false when it is not here any more. */
  remove (entry: StemEntry): boolean
  /** True when a transaction of our own with this sender (hex) and nonce is here. */
  ownHas (sender: string, nonce: bigint): boolean
  clear (): void
}

interface Room {
  count: number
  bytes: number
}

/** Three bounds: all peers, one peer, ourselves. What others send never takes our own place, and the reverse. */
export function createStemPool (): StemPool {
  const entries = new Map<string, StemEntry>()
  const rooms = new Map<string | undefined, Room>()
  const strangers: Room = { count: 0, bytes: 0 }
  const { pool } = STEM

  const fits = ({ from, data }: StemEntry): boolean => {
    const room = rooms.get(from) ?? { count: 0, bytes: 0 }
    if (from === undefined) return room.count < pool.ownCount && room.bytes + data.length <= pool.ownBytes
    return room.count < pool.peerCount && room.bytes + data.length <= pool.peerBytes &&
      strangers.count < pool.count && strangers.bytes + data.length <= pool.bytes
  }
  const change = ({ from, data }: StemEntry, sign: 1 | -1): void => {
    const room = rooms.get(from) ?? { count: 0, bytes: 0 }
    for (const counted of from === undefined ? [room] : [room, strangers]) {
      counted.count += sign
      counted.bytes += sign * data.length
    }
    if (room.count === 0) rooms.delete(from)
    else rooms.set(from, room)
  }
  const end = (entry: StemEntry): void => {
    entry.endEmbargo()
    entry.endRetry()
  }
  return {
    get: id => entries.get(toHex(id)),
    add (entry) {
      if (entries.has(entry.key) || !fits(entry)) return false
      entries.set(entry.key, entry)
      change(entry, 1)
      return true
    },
    remove (entry) {
      if (entries.get(entry.key) !== entry) return false
      entries.delete(entry.key)
      change(entry, -1)
      end(entry)
      return true
    },
    ownHas: (sender, nonce) => [...entries.values()].some(entry => entry.from === undefined && entry.nonce === nonce && entry.sender === sender),
    clear () {
      for (const entry of entries.values()) end(entry)
      entries.clear()
      rooms.clear()
      Object.assign(strangers, { count: 0, bytes: 0 })
    }
  }
}
