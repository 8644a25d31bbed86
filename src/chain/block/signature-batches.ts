import { createMessageVerifier } from '../../secure/index.ts'
import type { MessageVerifier } from '../../secure/index.ts'
import type { Clock } from '../clock.ts'
import { SIGNATURE_BYTES } from './transaction.ts'

/** Transaction bytes, and the sender that stands in them. */
export interface SignedTransaction {
  readonly data: Uint8Array
  readonly sender: Uint8Array
}

/** Signatures of many transactions away from the event loop. */
export interface SignatureBatches {
  /** Verdicts in the order of `transactions`, whose bytes must not change meanwhile. Rejects with `BUSY`, `INTERNAL` or `NODE_STOPPED`, as `MessageVerifier` does. */
  verify (transactions: readonly SignedTransaction[]): Promise<boolean[]>
  /** Ends the workers; what still waits is rejected with `NODE_STOPPED`. */
  stop (): Promise<void>
  /** Signatures that wait or are in work. */
  readonly queued: number
}

const LABEL = 'TOS-TX-V1'
// A quiet node has a transaction now and then: two threads, each of some megabytes, would cost it more than these take of its time.
const HERE_AT_ONCE = 4
const HERE_PER_SECOND = 50

/**
 * The project's strict Ed25519 (RFC 8032 §5.1.7) in worker threads, which are not started before there are more than a few signatures
 * at once, or `HERE_PER_SECOND` within a second: until then they are checked in place, at 0.1 ms each.
 */
export function createSignatureBatches (network: string, clock: Clock, verifier: MessageVerifier = createMessageVerifier({ network })): SignatureBatches {
  let second = 0
  let checkedHere = 0
  const mayCheckHere = (count: number): boolean => {
    const now = Math.floor(clock.now() / 1000)
    if (now !== second) [second, checkedHere] = [now, 0]
    if (count > HERE_AT_ONCE || checkedHere + count > HERE_PER_SECOND) return false
    checkedHere += count
    return true
  }
  return {
    async verify (transactions) {
      const messages = transactions.map(({ data, sender }) => ({
        label: LABEL, publicKey: sender, body: data.subarray(0, data.length - SIGNATURE_BYTES), signature: data.subarray(data.length - SIGNATURE_BYTES)
      }))
      return mayCheckHere(messages.length) ? messages.map(verifier.verify) : await verifier.verifyBatch(messages)
    },
    stop: () => verifier.stop(),
    get queued () { return verifier.dump().queued }
  }
}
