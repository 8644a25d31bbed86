import { createReferenceLedger, encodeTransaction } from '../../../src/chain/index.ts'
import type { ReferenceLedger } from '../../../src/chain/index.ts'

export const NETWORK = 'bench'

/** Numbers from 0 to 2^32 - 1, the same in every run (xorshift32). */
export function generator (seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** What one transaction of a workload says; the rest is filled in. */
export interface Spec { readonly sender: number, readonly nonce: number, readonly fee: number }

/** Transactions of the reference ledger, 200 to 300 bytes, whose signatures are noise: for a ledger that does not look at them. */
export function unsigned (specs: readonly Spec[], seed = 1): Uint8Array[] {
  const random = generator(seed)
  return specs.map(({ sender, nonce, fee }) => {
    const key = Buffer.alloc(32)
    key.writeUInt32LE(sender)
    const signature = Buffer.alloc(64)
    for (let at = 0; at < 64; at += 4) signature.writeUInt32LE(random(), at)
    return encodeTransaction({ sender: key, nonce: BigInt(nonce), fee: BigInt(fee), priority: 0, privacyLevel: 0, energyUsed: 0n, body: Buffer.alloc(74 + random() % 100, nonce), signature })
  })
}

/** The reference ledger as it is, but for signatures: all of them hold. */
export async function trustingLedger (): Promise<ReferenceLedger> {
  const ledger = await createReferenceLedger({ network: NETWORK, difficulty: 1n })
  ledger.verifyTransaction = () => {}
  ledger.verifyTransactions = async transactions => transactions.map(() => true)
  return ledger
}

/** Nanoseconds of this thread's processor time that `act` takes. */
export async function threadTime (act: () => unknown): Promise<number> {
  const start = process.threadCpuUsage()
  await act()
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) * 1000
}

/** `count` transactions, `run` nonces to a sender, each sender's in order, senders taking turns; fees vary. */
export function runs (count: number, run: number, seed = 7): Spec[] {
  const random = generator(seed)
  const senders = Math.ceil(count / run)
  return Array.from({ length: count }, (_, i) => ({ sender: i % senders, nonce: Math.floor(i / senders), fee: 1000 + random() % 100_000 }))
}
