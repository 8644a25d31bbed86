import { BaseDatastore } from 'datastore-core'
import type { Datastore, Key, KeyQuery, Pair, Query } from 'interface-datastore'
import { NotFoundError } from 'interface-store'
import { TosError } from '../../errors/index.ts'

/** Settings of the write-back layer. */
export interface WriteBackOptions {
  /** Keys below this are held back; all others go straight through. Default `/peers/`, the peer store. */
  readonly prefix?: string
  /** Longest a change stays in memory only, milliseconds, default 1,000. */
  readonly flushMs?: number
  /** Records held at most, changed and unchanged together, default 5,000. */
  readonly maxEntries?: number
  /** Told of every flush that failed; the changes are kept and tried again. */
  readonly onError: (error: TosError) => void
}

/** A datastore whose peer records reach the disk in batches. */
export interface WriteBackDatastore extends Datastore {
  /** Writes all changes now. Throws `DATA_DIR_UNREADABLE` when the store below refuses. */
  flush: () => Promise<void>
  /** Stops the timer and flushes; the store below stays open and belongs to its opener. Throws as `flush`. */
  close: () => Promise<void>
  /** Gauges: records held, and how many of them are not on disk yet. */
  readonly sizes: { readonly held: number, readonly dirty: number }
}

/** A record: its bytes, or `null` when it was deleted. */
interface Held { readonly key: Key, readonly value: Uint8Array | null }

/**
 * Holds peer records back from `inner` and writes the changed ones in one batch a second. libp2p rewrites the peer's record
 * on every stream, at both ends: with LevelDB below that costs 40 % of the request rate. A crash loses at most `flushMs` of
 * peer-store changes, which are hints; keys, bans and the chain have stores of their own.
 */
export function createWriteBackDatastore (inner: Datastore, options: WriteBackOptions): WriteBackDatastore {
  return new WriteBack(inner, options)
}

class WriteBack extends BaseDatastore implements WriteBackDatastore {
  readonly #inner: Datastore
  readonly #prefix: string
  readonly #flushMs: number
  readonly #maxEntries: number
  readonly #onError: (error: TosError) => void
  /** In order of use, so that the first clean ones are the coldest. */
  readonly #held = new Map<string, Held>()
  readonly #dirty = new Map<string, Held>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  #closed = false

  constructor (inner: Datastore, { prefix = '/peers/', flushMs = 1_000, maxEntries = 5_000, onError }: WriteBackOptions) {
    super()
    this.#inner = inner
    this.#prefix = prefix
    this.#flushMs = flushMs
    this.#maxEntries = maxEntries
    this.#onError = onError
  }

  get sizes (): { held: number, dirty: number } { return { held: this.#held.size, dirty: this.#dirty.size } }

  override put (key: Key, value: Uint8Array): Key | Promise<Key> {
    if (!this.#holds(key)) return this.#inner.put(key, value)
    return this.#change({ key, value }).then(() => key)
  }

  override delete (key: Key): void | Promise<void> {
    return this.#holds(key) ? this.#change({ key, value: null }) : this.#inner.delete(key)
  }

  override async get (key: Key): Promise<Uint8Array> {
    if (!this.#holds(key)) return await this.#inner.get(key)
    const name = key.toString()
    const held = this.#held.get(name)
    if (held?.value === null) throw new NotFoundError()
    if (held !== undefined) return held.value
    const value = await this.#inner.get(key)
    // a change that came while the disk was read is newer than what the disk said
    if (!this.#held.has(name)) this.#hold(name, { key, value })
    return value
  }

  override async has (key: Key): Promise<boolean> {
    const held = this.#held.get(key.toString())
    return held === undefined ? await this.#inner.has(key) : held.value !== null
  }

  override async * query (query: Query): AsyncGenerator<Pair> {
    await this.flush()
    yield * this.#inner.query(query)
  }

  override async * queryKeys (query: KeyQuery): AsyncGenerator<Key> {
    await this.flush()
    yield * this.#inner.queryKeys(query)
  }

  async flush (): Promise<void> {
    while (this.#dirty.size > 0) {
      this.#flushing ??= this.#writeBatch().finally(() => { this.#flushing = undefined })
      await this.#flushing
    }
  }

  async close (): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.flush()
  }

  #holds (key: Key): boolean {
    return !this.#closed && key.toString().startsWith(this.#prefix)
  }

  async #change (record: Held): Promise<void> {
    const name = record.key.toString()
    // the bound holds even when the disk is slower than the changes: then a change waits for the disk
    if (this.#dirty.size >= this.#maxEntries && !this.#dirty.has(name)) await this.flush()
    this.#dirty.set(name, record)
    this.#hold(name, record)
    this.#schedule()
  }

  #hold (name: string, record: Held): void {
    this.#held.delete(name)
    this.#held.set(name, record)
    if (this.#held.size <= this.#maxEntries) return
    for (const candidate of this.#held.keys()) {
      if (this.#dirty.has(candidate)) continue
      this.#held.delete(candidate)
      return
    }
  }

  #schedule (): void {
    if (this.#timer !== undefined || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.flush().catch((error: unknown) => {
        this.#onError(error as TosError)
        this.#schedule()
      })
    }, this.#flushMs)
    this.#timer.unref()
  }

  async #writeBatch (): Promise<void> {
    const taken = [...this.#dirty]
    const batch = this.#inner.batch()
    for (const [, { key, value }] of taken) {
      if (value === null) batch.delete(key)
      else batch.put(key, value)
    }
    try {
      await batch.commit()
    } catch (cause) {
      throw new TosError('DATA_DIR_UNREADABLE', `${taken.length} peer records could not be written`, { cause, details: { records: taken.length } })
    }
    // a record changed during the write stays dirty
    for (const [name, record] of taken) if (this.#dirty.get(name) === record) this.#dirty.delete(name)
  }
}
