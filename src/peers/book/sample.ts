import { SERVICE } from '../../../protocols/services.ts'
import type { Entry } from './entry.ts'

const DAY_MS = 86_400_000
/** From this size on one list serves a whole day: many askers together learn no more than one. */
const CACHED_FROM = 1000
/** Share of the book told at most, and what is told however small the book is. */
const MAX_SHARE = 0.23
const MIN_LIST = 8

/** Whether an entry may be told to others now: it asked for it, and we ourselves reached it within the last day. */
export function mayShare ({ services, lastGood }: Entry, now: number): boolean {
  return (services & SERVICE.shareable) !== 0n && lastGood > 0 && now - lastGood <= DAY_MS
}

/** Chooses what peer exchange may tell: up to `n` of the current list at random. */
export type Sampler = (entries: ReadonlyMap<string, Entry>, n: number, allowed: (entry: Entry) => boolean, now: number) => Entry[]

/** Creates a sampler. `random` in [0, 1). */
export function createSampler (random: () => number): Sampler {
  let cached: { list: string[], until: number } | undefined
  return (entries, n, allowed, now) => {
    const ok = (entry: Entry | undefined): entry is Entry => entry !== undefined && mayShare(entry, now) && allowed(entry)
    const draw = (): Entry[] => some([...entries.values()].filter(ok), Math.max(MIN_LIST, Math.floor(entries.size * MAX_SHARE)), random)
    if (entries.size < CACHED_FROM) {
      cached = undefined
      return draw().slice(0, n)
    }
    // a clock that was set back must not keep a list for longer than a day
    if (cached === undefined || now >= cached.until || now < cached.until - DAY_MS) cached = { list: draw().map(({ address }) => address.text), until: now + DAY_MS }
    return some(cached.list.map(address => entries.get(address)).filter(ok), n, random)
  }
}

/** `n` of `items` in random order (Fisher and Yates). */
function some<T> (items: T[], n: number, random: () => number): T[] {
  const count = Math.min(Math.max(n, 0), items.length)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (items.length - i))
    const kept = items[i] as T
    items[i] = items[j] as T
    items[j] = kept
  }
  return items.slice(0, count)
}
