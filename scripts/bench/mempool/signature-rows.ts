import { createMempool, createReferenceLedger, createTransactionSigner, systemClock } from '../../../src/chain/index.ts'
import type { Mempool } from '../../../src/chain/index.ts'
import { limitRow, plainRow, ratioRow } from '../harness.ts'
import type { Row } from '../harness.ts'
import { median, pairedRatio } from '../measure.ts'
import { NETWORK, threadTime } from './workload.ts'

const SENDERS = 50
const MAIN_MICROSECONDS = 50

/** The same transactions, signed, by the batch path and one by one on the event loop, in turns. */
export async function signatureRows (rounds: number, count: number): Promise<Row[]> {
  const list = await signedList(count)
  const batched: Figures[] = []
  const single: Figures[] = []
  for (let round = 0; round < rounds; round++) {
    batched.push(await measure(count, pool => pool.addAll(list)))
    single.push(await measure(count, pool => { for (const data of list) pool.add(data) }))
  }
  const of = (figures: Figures[], name: keyof Figures): number[] => figures.map(figure => figure[name])
  return [
    plainRow('signed admissions by batches in workers', median(of(batched, 'perSecond')), '1/s', { peer: 'one by one on the event loop', ratio: pairedRatio(of(batched, 'perSecond'), of(single, 'perSecond')) }),
    limitRow('  of the event loop for each', median(of(batched, 'microseconds')), 'µs', MAIN_MICROSECONDS),
    ratioRow('  against one by one', median(of(batched, 'microseconds')), 'µs', 'one by one on the event loop', pairedRatio(of(single, 'microseconds'), of(batched, 'microseconds')), 2)
  ]
}

interface Figures { readonly perSecond: number, readonly microseconds: number }

/** On a ledger of its own, which has seen none of the transactions; its workers run before the clock does. */
async function measure (count: number, act: (pool: Mempool) => unknown): Promise<Figures> {
  const ledger = await createReferenceLedger({ network: NETWORK, difficulty: 1n })
  const pool = createMempool({ ledger, clock: systemClock })
  const [first] = await signedList(1, 'warm-up')
  await ledger.verifyTransactions(Array.from({ length: 64 }, () => ledger.readTransaction(first as Uint8Array)))
  const start = performance.now()
  const cpu = await threadTime(() => act(pool))
  const elapsed = performance.now() - start
  if (pool.size !== count) throw new Error(`${pool.size} of ${count} entered`)
  await pool.close()
  await ledger.close()
  return { perSecond: count / elapsed * 1000, microseconds: cpu / 1000 / count }
}

async function signedList (count: number, mark = 'bench'): Promise<Uint8Array[]> {
  const signers = Array.from({ length: SENDERS }, (_, i) => createTransactionSigner(Buffer.alloc(32, i + 1), NETWORK))
  return Promise.all(Array.from({ length: count }, (_, i) => (signers[i % SENDERS] as (typeof signers)[number]).signAsync({
    nonce: BigInt(Math.floor(i / SENDERS)), fee: 1000n, priority: 0, privacyLevel: 0, energyUsed: 0n, body: Buffer.alloc(120, mark)
  })))
}
