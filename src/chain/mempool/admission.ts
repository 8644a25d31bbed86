import { TosError } from '../../errors/index.ts'
import type { PoolAdded } from './mempool.ts'
import type { PoolTransaction } from './senders.ts'
import { poolBytes } from './pool-store.ts'

/** What an admission needs of the pool and its ledger. */
export interface AdmissionDeps {
  /** Verdicts on signatures, in order; rejects when there are none. */
  readonly verify: (entries: readonly PoolTransaction[]) => Promise<boolean[]>
  /** Enters one whose signature holds. Throws what `Mempool.add` throws. */
  readonly place: (entry: PoolTransaction) => PoolAdded
  /** Transactions that may wait for their signatures, and their bytes as `poolBytes` counts them. */
  readonly maxPending: number
  readonly maxPendingBytes: number
}

/** The way into the pool: signatures in batches, entries in the order in which they came. */
export interface Admission {
  readonly size: number
  readonly bytes: number
  /** The same transaction on its way twice is verified once, and is `known` to the second. Rejects like `place`, or with `BUSY`, `NODE_STOPPED`, `INTERNAL`. */
  enter (entry: PoolTransaction): Promise<PoolAdded>
  /** Turns away what is on its way. */
  close (): void
}

/** Signatures handed over at once, and how many such batches are under way: enough for two workers to find the next one ready. */
const BATCH = 64
const BATCHES = 4

interface Job extends PromiseWithResolvers<PoolAdded> { readonly entry: PoolTransaction }

/**
 * One order for all senders, which keeps that of each: a nonce that overtook the one before it would stand behind a gap. While batches are
 * under way newcomers gather, so that the batches grow with the load.
 */
export function createAdmission ({ verify, place, maxPending, maxPendingBytes }: AdmissionDeps): Admission {
  const jobs = new Map<string, Job>()
  let line: Job[] = []
  let bytes = 0
  let running = 0
  let gathering = false
  let closed = false
  let last: Promise<void> = Promise.resolve()

  const leave = ({ entry }: Job): void => {
    jobs.delete(entry.key)
    bytes -= poolBytes(entry)
  }
  const refuse = (job: Job, error: unknown): void => {
    leave(job)
    job.reject(error)
  }
  const judge = (job: Job, valid: boolean): void => {
    if (closed || !valid) {
      refuse(job, closed ? stopped() : new TosError('INVALID_TRANSACTION', 'the signature does not match', { details: { rule: 'signature' } }))
      return
    }
    try {
      const added = place(job.entry)
      leave(job)
      job.resolve(added)
    } catch (error) {
      refuse(job, error)
    }
  }
  const start = (batch: Job[]): void => {
    running++
    const verdicts = verify(batch.map(({ entry }) => entry)).then(valid => (job: Job, i: number) => { judge(job, valid[i] === true) }, (error: unknown) => (job: Job) => { refuse(job, error) })
    last = last.then(() => verdicts).then(settle => {
      batch.forEach(settle)
      running--
      pump()
    })
  }
  const pump = (): void => {
    for (let free = BATCHES - running; free > 0 && line.length > 0; free--) start(line.splice(0, BATCH))
  }
  /** Calls of one tick travel together. */
  const pumpSoon = (): void => {
    if (gathering) return
    gathering = true
    queueMicrotask(() => {
      gathering = false
      pump()
    })
  }
  return {
    get size () { return jobs.size },
    get bytes () { return bytes },
    async enter (entry) {
      if (closed) throw stopped()
      const twin = jobs.get(entry.key)
      if (twin !== undefined) return { ...await twin.promise, status: 'known' }
      if (jobs.size >= maxPending || bytes + poolBytes(entry) > maxPendingBytes) throw new TosError('BUSY', `${jobs.size} transactions wait for their signatures`, { details: { pending: jobs.size, bytes } })
      const job: Job = { ...Promise.withResolvers<PoolAdded>(), entry }
      jobs.set(entry.key, job)
      bytes += poolBytes(entry)
      line.push(job)
      pumpSoon()
      return job.promise
    },
    close () {
      closed = true
      for (const job of line) refuse(job, stopped())
      line = []
    }
  }
}

function stopped (): TosError {
  return new TosError('NODE_STOPPED', 'the pool is closed')
}
