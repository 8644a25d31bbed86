import { availableParallelism } from 'node:os'
import { LRUCache } from 'lru-cache'
import { TosError } from '../../errors/index.ts'
import { signingDomain } from './domain.ts'
import { createSignatureCheck, isFormed } from './signature-check.ts'
import type { QueuedInput } from './verify-batch.ts'
import { createVerifyPool } from './verify-pool.ts'
import type { StartPort } from './verify-pool.ts'
import { verifyThreads } from './verify-thread.ts'

/** A message with the signature somebody claims for it. */
export interface SignedMessage {
  /** What kind of statement this is, e.g. `TOS-VOTE-V1`. */
  readonly label: string
  /** Everything signed behind the domain. */
  readonly body: Uint8Array
  /** The key trusted for this message: Ed25519 (32 bytes), or Ed25519 ‖ ML-DSA-65 (1,984 bytes), which demands both signatures. */
  readonly publicKey: Uint8Array
  /** 64 bytes, or 64 + 3,309. */
  readonly signature: Uint8Array
}

/** Verifies signatures of one network. Their arrays must not change before an asynchronous verdict is there. */
export interface MessageVerifier {
  /** At once, in this thread: 0.1 ms. Throws only `INVALID_VALUE`, for a label that is none. */
  verify (message: SignedMessage): boolean
  /** The same, but throws `SIGNATURE_INVALID` instead of answering false. */
  check (message: SignedMessage): void
  /** In a worker. Rejects with `BUSY` when the queue is full, `NODE_STOPPED` after or during `stop`, `INTERNAL` when a worker died. */
  verifyAsync (message: SignedMessage): Promise<boolean>
  /** Verdicts in the order of `messages`; all or nothing enters the queue. Rejects like `verifyAsync`, and with `INVALID_VALUE` for more than the queue holds. */
  verifyBatch (messages: readonly SignedMessage[]): Promise<boolean[]>
  /** Ends the workers; what still waits is rejected with `NODE_STOPPED`. `verify` goes on working. */
  stop (): Promise<void>
  /** Sizes of everything that grows. */
  dump (): { keys: number, queued: number, queuedBytes: number, workers: number }
}

/** What a verifier may be told. */
export interface MessageVerifierOptions {
  /** Name of the network, e.g. `mainnet`. */
  readonly network: string
  /** Worker threads at most, ≥1; none is started before the first asynchronous call. Default: 2, or 1 on a single core. */
  readonly workers?: number
  /** Signatures waiting or in work, at most. Default 16,384: more than a block has transactions. */
  readonly maxQueued?: number
  /** Their bytes, at most. Default 32 MiB. */
  readonly maxQueuedBytes?: number
  /** Imported keys remembered, here and in each worker. Default 4,096. */
  readonly maxKeys?: number
  /** How workers are started; for tests. */
  readonly startPort?: StartPort
}

/** Labels are the program's own and few; the bound is for a caller that computes them. */
const LABELS = 64

/** Throws `INVALID_VALUE` for a network name or a bound that is none. */
export function createMessageVerifier (options: MessageVerifierOptions): MessageVerifier {
  const { network, workers = Math.min(2, availableParallelism()), maxQueued = 16_384, maxQueuedBytes = 32 * 1024 * 1024, maxKeys = 4096 } = options
  for (const [name, value] of Object.entries({ workers, maxQueued, maxQueuedBytes, maxKeys })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new TosError('INVALID_VALUE', `${name} is a whole number of at least 1`)
  }
  // a wrong network name is told now, not at the first signature
  signingDomain('-', network)
  const domains = new LRUCache<string, Uint8Array>({ max: LABELS })
  const here = createSignatureCheck(maxKeys)
  const pool = createVerifyPool({ workers, maxQueued, maxQueuedBytes, start: options.startPort ?? verifyThreads(maxKeys) })

  const domainOf = (label: string): Uint8Array => {
    let domain = domains.get(label)
    if (domain === undefined) domains.set(label, domain = signingDomain(label, network))
    return domain
  }
  const queuedInput = ({ label, body, publicKey, signature }: SignedMessage): QueuedInput => ({ publicKey, signature, body, domain: domainOf(label) })

  const verify = ({ label, body, publicKey, signature }: SignedMessage): boolean => {
    const domain = domainOf(label)
    return isFormed(publicKey, signature) && here.verify({ publicKey, signature, message: Buffer.concat([domain, body]), domainBytes: domain.length })
  }

  return {
    verify,
    check (message) {
      if (!verify(message)) throw new TosError('SIGNATURE_INVALID', `the ${message.label} signature does not hold`, { details: { label: message.label } })
    },
    verifyAsync: async message => (await pool.verify([queuedInput(message)]))[0] as boolean,
    verifyBatch: async messages => await pool.verify(messages.map(queuedInput)),
    stop: async () => { await pool.stop() },
    dump: () => ({ ...pool.dump(), keys: here.keys })
  }
}
