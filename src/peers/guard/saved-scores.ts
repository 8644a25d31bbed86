import { TosError, toTosError } from '../../errors/index.ts'
import type { BanStore } from '../bans/index.ts'
import type { ReputationBook } from '../reputation/index.ts'

/** Largest file that is read, bytes; a full table of records needs about a tenth. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** Adds the saved scores to a book. Throws `PEER_FILE_INVALID`, or `FILE_UNREADABLE` when the store throws. */
export function loadScores (book: ReputationBook, store: BanStore, now: number): void {
  const bytes = read(store)
  if (bytes === undefined) return
  if (bytes.length > MAX_FILE_BYTES) throw new TosError('PEER_FILE_INVALID', `the saved scores are ${bytes.length} bytes`)
  book.load(parse(bytes), now)
}

/** Writes the scores as one line of JSON. Throws `STORE_READ_ONLY`. */
export function saveScores (book: ReputationBook, store: BanStore, now: number): void {
  try {
    store.save(new TextEncoder().encode(`${JSON.stringify(book.toJSON(now))}\n`))
  } catch (cause) {
    throw new TosError('STORE_READ_ONLY', 'the scores of peers could not be written', { cause })
  }
}

function read (store: BanStore): Uint8Array | undefined {
  try {
    return store.load()
  } catch (cause) {
    throw toTosError(cause, 'FILE_UNREADABLE')
  }
}

function parse (bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new TosError('PEER_FILE_INVALID', 'the saved scores are not JSON', { cause })
  }
}
