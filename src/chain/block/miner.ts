import { TosError } from '../../errors/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import type { Clock } from '../clock.ts'
import { assembleBlock } from './assemble-block.ts'
import type { AssembleDeps } from './assemble-block.ts'
import type { BlockHeader } from './header.ts'
import type { Ledger } from '../ledger.ts'

/** Searches a nonce for `header`; rejects when `signal` fires. `undefined`: gave up without one. */
export type MineHeader = (header: BlockHeader, options: { signal: AbortSignal }) => Promise<{ readonly header: Uint8Array, readonly hash: Uint8Array } | undefined>

export interface MinerDeps extends AssembleDeps {
  readonly ledger: Ledger
  /** The Ed25519 key that the blocks name as theirs, 32 bytes. */
  readonly miner: Uint8Array
  /** Time from one block's start to the next one's, milliseconds. */
  readonly intervalMs: number
  readonly clock: Clock
  /** The search itself, e.g. `mineHeader`; it must yield to the event loop. */
  readonly mine: MineHeader
  /** Told of each block mined and accepted, to announce it. */
  readonly onBlock?: (block: BlockData) => void
  /** Told when an attempt failed; the next interval tries again. */
  readonly onError?: (error: unknown) => void
}

/** Mines on the tip, one block at a time. */
export interface Miner {
  readonly running: boolean
  start (): void
  /** Gives up the block under way, one of `mineOne` too; resolves when nothing is left of it. */
  stop (): Promise<void>
  /** Mines one block now, after any under way. Throws `ABORTED`, or what the ledger throws. */
  mineOne (signal?: AbortSignal): Promise<BlockData>
}

/**
 * A new tip ends the search under way and starts it again on top. Transactions come from the pool at that moment and are not changed
 * during the search: the root is part of what is hashed.
 */
export function createMiner ({
  ledger, miner, intervalMs, clock, mine, onBlock = () => {}, onError = () => {}, ...deps
}: MinerDeps): Miner {
  let running = false
  let scope = new AbortController()
  let cancelNext = (): void => {}
  // the end of the queue of attempts: each waits for the one before it
  let last: Promise<unknown> = Promise.resolve()

  /** One search on the present tip; `undefined` when the tip moved before it ended. */
  const attempt = async (signal: AbortSignal): Promise<BlockData | undefined> => {
    const moved = new AbortController()
    const onTip = (): void => { moved.abort() }
    ledger.addEventListener('tip', onTip)
    try {
      const { header, transactions } = assembleBlock(ledger.template(), { miner, now: clock.now() }, deps)
      const found = await mine(header, { signal: AbortSignal.any([signal, moved.signal]) })
      if (found === undefined) return undefined
      return { hash: found.hash, height: header.height, parents: header.parents, header: found.header, transactions }
    } catch (error) {
      if (moved.signal.aborted && !signal.aborted) return undefined
      throw error
    } finally {
      ledger.removeEventListener('tip', onTip)
    }
  }
  /** Searches until a block is found, whatever happens to the tip. */
  const mineNow = async (signal: AbortSignal): Promise<BlockData> => {
    for (;;) {
      if (signal.aborted) throw new TosError('ABORTED', 'mining was stopped')
      const block = await attempt(signal)
      if (block === undefined) continue
      await ledger.add(block)
      onBlock(block)
      return block
    }
  }
  const mineOne = (signal?: AbortSignal): Promise<BlockData> => {
    const ends = signal === undefined ? scope.signal : AbortSignal.any([signal, scope.signal])
    const mined = last.then(() => mineNow(ends))
    last = mined.catch(() => {})
    return mined
  }
  const loop = async (signal: AbortSignal): Promise<void> => {
    const began = clock.now()
    await mineOne().catch(error => { if (!signal.aborted) onError(error) })
    if (!signal.aborted) cancelNext = clock.after(Math.max(0, began + intervalMs - clock.now()), () => { void loop(signal) })
  }
  return {
    get running () { return running },
    start () {
      if (running) return
      running = true
      const { signal } = scope
      // the first block comes after one interval, so that a node that has just started may sync first
      cancelNext = clock.after(intervalMs, () => { void loop(signal) })
    },
    async stop () {
      cancelNext()
      scope.abort()
      running = false
      await last
      // `mineOne` may be called again after a stop
      scope = new AbortController()
    },
    mineOne
  }
}
