import type { TxAnnounce } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import { exponential } from './clock.ts'
import type { Random, StemClock } from './clock.ts'
import { STEM } from './limits.ts'
import { createStemPool } from './pool.ts'
import type { StemEntry } from './pool.ts'
import type { StemRouter } from './router.ts'

/** What a chain says of a transaction's bytes alone. */
export interface CheckedTransaction extends Omit<TxAnnounce, 'txHash'> {
  readonly id: Uint8Array
  readonly sender: Uint8Array
  readonly nonce: bigint
}

/** What a stem needs from outside. Names of peers are opaque. */
export interface StemDeps {
  readonly clock: StemClock
  readonly random: Random
  readonly router: StemRouter
  /** Form and signature. Throws `INVALID_TRANSACTION`. */
  readonly check: (data: Uint8Array) => CheckedTransaction
  /** True when the transaction is public: pooled or in a block. */
  readonly known: (id: Uint8Array) => boolean | Promise<boolean>
  /** The nonce the chain expects next of a sender. */
  readonly nextNonce: (sender: Uint8Array) => bigint
  /** Sends both messages to a stem. Throws `BUSY` or `RATE_LIMITED` when it takes no more for now, anything else when it takes none. */
  readonly send: (peer: string, announce: TxAnnounce, data: Uint8Array) => Promise<void>
  /** Pools a transaction and announces it to everybody. */
  readonly fluff: (data: Uint8Array, own: boolean) => Promise<void>
  readonly penalise: (peer: string, code: 'INVALID_TRANSACTION') => void
  /** Told of a fault of this node's own. */
  readonly onError: (error: unknown) => void
}

/** The stem phase of transaction relay. Nothing here is counted, logged or shown. */
export interface Stem {
  /** Sends a transaction of our own along its stem; returns its id. Throws `INVALID_TRANSACTION` or `MEMPOOL_FULL`. */
  submit (data: Uint8Array): Uint8Array
  /** Takes a transaction that a peer sent along. */
  received (announce: TxAnnounce, data: Uint8Array, from: string): Promise<void>
  /** `next`, or the nonce after those that our own transactions on their stems use from there on. */
  nextNonce (sender: Uint8Array, next: bigint): bigint
  /** Forgets everything. What was sent along is fluffed by others. */
  stop (): void
}

/**
 * Dandelion++: whoever sees a transaction on its stem sends it on to one peer, and fluffs it when it has not become public within a random
 * time. Faults and bounds end in that embargo too: a transaction that finds no stem waits, it is never flooded instead.
 */
export function createStem ({ clock, random, router, check, known, nextNonce, send, fluff, penalise, onError }: StemDeps): Stem {
  const pool = createStemPool()
  let stopped = false

  const publish = async (entry: StemEntry): Promise<void> => {
    if (!pool.remove(entry)) return
    try {
      await fluff(entry.data, entry.from === undefined)
    } catch (error) {
      // of others' it says nothing: this pool has no place for it, or another took its nonce
      if (entry.from === undefined || !(error instanceof TosError)) onError(error)
    }
  }
  const embargoOver = async (entry: StemEntry): Promise<void> => {
    if (await known(entry.announce.txHash)) pool.remove(entry)
    else await publish(entry)
  }
  /** One try with each stem. */
  const passOn = async (entry: StemEntry, from: string | undefined): Promise<void> => {
    const { fluff: here, stems } = router.route(from)
    if (here) return publish(entry)
    for (const peer of stems) {
      if (stopped || pool.get(entry.announce.txHash) !== entry) return
      try {
        await send(peer, entry.announce, entry.data)
        return
      } catch (error) {
        if (!(error instanceof TosError && (error.code === 'BUSY' || error.code === 'RATE_LIMITED'))) router.failed(peer)
      }
    }
    if (stopped || pool.get(entry.announce.txHash) !== entry) return
    entry.endRetry()
    entry.endRetry = clock.after(STEM.retryMs, () => { start(passOn(entry, from)) })
  }
  const start = (work: Promise<void>): void => { work.catch(onError) }

  const begin = (checked: CheckedTransaction, data: Uint8Array, from: string | undefined): StemEntry | undefined => {
    const { id, fee, priority, privacyLevel, energyUsed, sender, nonce } = checked
    const entry: StemEntry = {
      key: toHex(id), announce: { txHash: id.slice(), fee, priority, privacyLevel, energyUsed }, data: data.slice(), sender: toHex(sender), nonce, from,
      passed: new Set([from]), endEmbargo: () => {}, endRetry: () => {}
    }
    if (!pool.add(entry)) return undefined
    const embargo = Math.min(exponential(STEM.embargoMs, random), STEM.embargoMostMs)
    entry.endEmbargo = clock.after(embargo, () => { start(embargoOver(entry)) })
    return entry
  }
  /** It came back by another way: once more along that way's stem, since the two may lead to different places. */
  const again = async (entry: StemEntry, from: string): Promise<void> => {
    if (entry.passed.has(from) || entry.passed.size >= STEM.passes) return
    entry.passed.add(from)
    await passOn(entry, from)
  }

  return {
    submit (data) {
      const checked = check(data)
      const next = nextNonce(checked.sender)
      if (checked.nonce < next) throw new TosError('INVALID_TRANSACTION', `nonce ${checked.nonce} is used, the next is ${next}`, { details: { rule: 'nonce' } })
      if (pool.get(checked.id) !== undefined) return checked.id
      const entry = begin(checked, data, undefined)
      if (entry === undefined) throw new TosError('MEMPOOL_FULL', 'too many transactions of this node are on their way', { hint: 'wait a minute, or send it with a lower privacy level' })
      start(passOn(entry, undefined))
      return checked.id
    },
    async received (announce, data, from) {
      if (stopped) return
      const held = pool.get(announce.txHash)
      if (held !== undefined) return again(held, from)
      if (await known(announce.txHash)) return
      let checked: CheckedTransaction
      try {
        checked = check(data)
      } catch (error) {
        if (!(error instanceof TosError && error.code === 'INVALID_TRANSACTION')) throw error
        penalise(from, 'INVALID_TRANSACTION')
        return
      }
      if (!repeats(announce, checked)) {
        penalise(from, 'INVALID_TRANSACTION')
        return
      }
      // stopped, or taken by another stream meanwhile
      if (stopped || checked.nonce < nextNonce(checked.sender)) return
      const entry = begin(checked, data, from)
      // the next peer's answer must not hold up what this one sends
      if (entry !== undefined) start(passOn(entry, from))
    },
    nextNonce (sender, next) {
      const key = toHex(sender)
      let nonce = next
      while (pool.ownHas(key, nonce)) nonce++
      return nonce
    },
    stop () {
      stopped = true
      pool.clear()
    }
  }
}

function repeats (announce: TxAnnounce, { id, fee, priority, privacyLevel, energyUsed }: CheckedTransaction): boolean {
  return toHex(announce.txHash) === toHex(id) && announce.fee === fee && announce.priority === priority &&
    announce.privacyLevel === privacyLevel && announce.energyUsed === energyUsed
}
