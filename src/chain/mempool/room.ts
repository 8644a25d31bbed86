import { TosError } from '../../errors/index.ts'
import { compareWorth } from './order.ts'
import type { PoolTransaction } from './senders.ts'
import { poolBytes } from './pool-store.ts'
import type { PoolStore, Victim } from './pool-store.ts'

/** Of all transactions held; bytes as `poolBytes` counts them. */
export interface RoomLimits {
  readonly maxCount: number
  readonly maxBytes: number
}

/** True when `entry` does not fit beside what is held. */
export function isFull (store: PoolStore, entry: PoolTransaction, { maxCount, maxBytes }: RoomLimits): boolean {
  return store.byId.size + 1 > maxCount || store.bytes + poolBytes(entry) > maxBytes
}

/** Throws `MEMPOOL_FULL` for what `makeRoom` would refuse at once: it is not worth the check of its signature. */
export function checkRoom (store: PoolStore, entry: PoolTransaction, limits: RoomLimits): void {
  if (!isFull(store, entry, limits)) return
  const victim = poolBytes(entry) > limits.maxBytes ? undefined : store.worst(entry.senderKey)
  if (victim === undefined || !yields(victim, entry)) throw full(store, entry)
}

/**
 * Evicts what is worth less than `entry` until it fits; returns how many went. All or nothing: a transaction that does not get in
 * must not have pushed others out. `waits`: it stands behind a gap itself, so it displaces nothing. Throws `MEMPOOL_FULL`.
 */
export function makeRoom (store: PoolStore, entry: PoolTransaction, limits: RoomLimits, waits: boolean): number {
  const victims: PoolTransaction[] = []
  while (isFull(store, entry, limits)) {
    const victim = waits || poolBytes(entry) > limits.maxBytes ? undefined : store.worst(entry.senderKey)
    if (victim === undefined || !yields(victim, entry)) {
      for (const kept of victims.toReversed()) store.insert(kept)
      throw full(store, entry)
    }
    store.remove(victim.entry)
    victims.push(victim.entry)
  }
  return victims.length
}

function yields (victim: Victim, entry: PoolTransaction): boolean {
  return victim.waits || compareWorth(entry, victim.entry) < 0
}

function full (store: PoolStore, entry: PoolTransaction): TosError {
  return new TosError('MEMPOOL_FULL', 'no transaction in the pool is worth less than this one', { details: { count: store.byId.size, bytes: store.bytes, size: poolBytes(entry) } })
}
