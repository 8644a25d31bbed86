import { TosError, toTosError } from '../../errors/index.ts'
import { decodeBans, encodeBans } from './ban-file.ts'
import type { SavedBans } from './ban-file.ts'

/** Where the bans live on disk. Both are synchronous; after `save` returns the bytes last (SECURITY §5). */
export interface BanStore {
  load (): Uint8Array | undefined
  save (bytes: Uint8Array): void
}

/** Bans of this node's own making are written at most once in this time, ms: a flood of offenders must not keep the disk busy. */
const SAVE_GAP_MS = 1000

/**
 * Writes at once or a little later, and knows what is still unwritten. The whole list is written each time: it is small, and a
 * file that is replaced as a whole cannot be half old.
 */
export class BanSaver {
  readonly #store: BanStore
  readonly #content: (now: number) => SavedBans
  #savedAt = -Infinity
  #dirty = false

  constructor (store: BanStore, content: (now: number) => SavedBans) {
    this.#store = store
    this.#content = content
  }

  /** True while the disk knows less than the list. */
  get dirty (): boolean { return this.#dirty }

  /** Throws `STORE_READ_ONLY` when the disk refuses; the list holds in memory and the next save tries again. */
  saveNow (now: number): void {
    // noted before the attempt: a disk that refuses is not asked at every ban
    this.#dirty = true
    this.#savedAt = now
    try {
      this.#store.save(encodeBans(this.#content(now)))
    } catch (cause) {
      throw new TosError('STORE_READ_ONLY', 'the bans could not be written', { cause })
    }
    this.#dirty = false
  }

  /** The same, unless a save was tried less than a second ago: then `flush` will. */
  saveSoon (now: number): void {
    this.#dirty = true
    if (Math.abs(now - this.#savedAt) >= SAVE_GAP_MS) this.saveNow(now)
  }

  /** Writes if anything is unwritten. Throws as `saveNow`. */
  flush (now: number): void {
    if (this.#dirty) this.saveNow(now)
  }
}

/** The saved bans; undefined when there are none. Throws `PEER_FILE_INVALID`, or `FILE_UNREADABLE` when the store throws. */
export function loadBans (store: BanStore): SavedBans | undefined {
  let bytes: Uint8Array | undefined
  try {
    bytes = store.load()
  } catch (cause) {
    throw toTosError(cause, 'FILE_UNREADABLE')
  }
  return bytes === undefined ? undefined : decodeBans(bytes)
}
