import { toHex } from '../../wire/index.ts'
import type { Clock } from '../clock.ts'
import type { Ledger, LedgerEvents } from '../ledger.ts'

/** Waits for blocks to arrive in the ledger by another way. */
export interface HeldWaiters {
  readonly size: number
  /** Resolves when the block is held, when `ms` are over, on `stop`, or at once when too many wait already. */
  wait (hash: Uint8Array, ms: number): Promise<void>
  stop (): void
}

/** Listens to `ledger` until `stop`; `max` waits at once. */
export function createHeldWaiters (ledger: Ledger, clock: Clock, max: number): HeldWaiters {
  const waiting = new Map<string, Set<() => void>>()
  let size = 0
  const onBlock = ({ detail }: LedgerEvents['block']): void => {
    for (const wake of waiting.get(toHex(detail.block.hash)) ?? []) wake()
  }
  ledger.addEventListener('block', onBlock)

  return {
    get size () { return size },
    async wait (hash, ms) {
      if (ledger.has(hash) || size >= max || ms <= 0) return
      const key = toHex(hash)
      const { promise, resolve } = Promise.withResolvers<void>()
      const wakers = waiting.get(key) ?? new Set()
      waiting.set(key, wakers.add(resolve))
      size++
      const cancel = clock.after(ms, resolve)
      await promise
      cancel()
      size--
      if (wakers.delete(resolve) && wakers.size === 0) waiting.delete(key)
    },
    stop () {
      ledger.removeEventListener('block', onBlock)
      for (const wakers of waiting.values()) for (const wake of wakers) wake()
    }
  }
}
