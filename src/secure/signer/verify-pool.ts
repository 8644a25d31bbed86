import { TosError } from '../../errors/index.ts'
import { packBatch, packedBytes } from './verify-batch.ts'
import type { QueuedInput } from './verify-batch.ts'

/** One worker as the pool sees it. */
export interface VerifyPort {
  /** Hands over a packed batch; each is answered once, in order. */
  post (batch: Uint8Array): void
  /** Whether the port keeps the process alive. */
  hold (on: boolean): void
  /** Ends the worker. */
  end (): Promise<void>
}

/** Starts a worker. `answer` gets one number per batch, bit i for signature i; `failed` may be called any number of times. */
export type StartPort = (events: { answer: (verdicts: number) => void, failed: (cause: unknown) => void }) => VerifyPort

/** Bounds of a pool. */
export interface VerifyPoolOptions {
  /** Workers at most; each is started when the others are busy. */
  readonly workers: number
  /** Signatures that wait or are in work, at most. */
  readonly maxQueued: number
  /** Their packed bytes, at most. */
  readonly maxQueuedBytes: number
  readonly start: StartPort
}

/** Verifies away from the calling thread, first come, first served. */
export interface VerifyPool {
  /**
   * Verdicts in the order of `inputs`, whose arrays must not change until then. Rejects with `BUSY` when they do not all fit, `INVALID_VALUE`
   * when they never will, `NODE_STOPPED` after or during `stop`, `INTERNAL` when a worker died.
   */
  verify (inputs: readonly QueuedInput[]): Promise<boolean[]>
  /** Ends all workers; whatever waits is rejected with `NODE_STOPPED`. */
  stop (): Promise<void>
  dump (): { queued: number, queuedBytes: number, workers: number }
}

/** Signatures in one message to a worker: a message costs the event loop some 50 µs, a signature in it 7. One number holds 31 verdicts at most. */
const BATCH = 16
/** Packed bytes in one message, unless one signature alone has more. */
const BATCH_BYTES = 262_144
/** Messages one worker holds: it works on one while the next lies ready. */
const DEPTH = 2
/** Workers that may die one after the other before those who wait are told. */
const MAX_DEATHS = 3

interface Call { readonly verdicts: boolean[], left: number, readonly resolve: (verdicts: boolean[]) => void, readonly reject: (error: TosError) => void }
interface Job { readonly input: QueuedInput, readonly bytes: number, readonly call: Call, readonly index: number }
interface Lane { port: VerifyPort | undefined, readonly batches: Job[][] }

/** A bounded queue in front of lazily started workers. */
export function createVerifyPool ({ workers, maxQueued, maxQueuedBytes, start }: VerifyPoolOptions): VerifyPool {
  const lanes = new Set<Lane>()
  let waiting: Job[] = []
  // waiting[0..head) has left already: shifting an array of thousands each time would cost more than the verification
  let head = 0
  let queued = 0
  let queuedBytes = 0
  let deaths = 0
  let stopped = false
  let flushing = false

  const release = (job: Job): void => {
    queued--
    queuedBytes -= job.bytes
  }

  const reject = (jobs: readonly Job[], error: TosError): void => {
    for (const job of jobs) {
      release(job)
      job.call.reject(error)
    }
  }

  const takeWaiting = (): Job[] => {
    const jobs = waiting.slice(head)
    waiting = []
    head = 0
    return jobs
  }

  const nextBatch = (): Job[] => {
    const batch: Job[] = []
    let bytes = 0
    // a short queue is shared among the workers
    const most = Math.min(BATCH, Math.ceil((waiting.length - head) / workers))
    while (head < waiting.length && batch.length < most) {
      const job = waiting[head] as Job
      if (batch.length > 0 && bytes + job.bytes > BATCH_BYTES) break
      bytes += job.bytes
      batch.push(job)
      head++
    }
    if (head === waiting.length) takeWaiting()
    return batch
  }

  const onAnswer = (lane: Lane, verdicts: number): void => {
    const batch = lane.batches.shift()
    if (batch === undefined) return
    deaths = 0
    batch.forEach((job, bit) => {
      release(job)
      job.call.verdicts[job.index] = (verdicts >>> bit & 1) === 1
      if (--job.call.left === 0) job.call.resolve(job.call.verdicts)
    })
    if (lane.batches.length === 0) lane.port?.hold(false)
    flush()
  }

  const onFailed = (lane: Lane, cause: unknown): void => {
    if (!lanes.delete(lane)) return
    deaths++
    const error = new TosError('INTERNAL', 'a verify worker died', { cause })
    reject(lane.batches.flat(), error)
    if (deaths >= MAX_DEATHS) {
      deaths = 0
      reject(takeWaiting(), error)
    }
    flush()
  }

  /** The lane with the least to do; a new one while all are busy and more are allowed. */
  const freeLane = (): Lane | undefined => {
    let best: Lane | undefined
    for (const lane of lanes) if (best === undefined || lane.batches.length < best.batches.length) best = lane
    if ((best === undefined || best.batches.length > 0) && lanes.size < workers) {
      const lane: Lane = { port: undefined, batches: [] }
      lanes.add(lane)
      try {
        lane.port = start({ answer: verdicts => { onAnswer(lane, verdicts) }, failed: cause => { onFailed(lane, cause) } })
      } catch (cause) {
        onFailed(lane, cause)
        return undefined
      }
      return lane
    }
    return best !== undefined && best.batches.length < DEPTH ? best : undefined
  }

  const flush = (): void => {
    while (head < waiting.length) {
      const lane = freeLane()
      if (lane === undefined) return
      const batch = nextBatch()
      lane.batches.push(batch)
      if (lane.batches.length === 1) lane.port?.hold(true)
      lane.port?.post(packBatch(batch.map(job => job.input)))
    }
  }

  /** Calls of one tick travel together. */
  const flushSoon = (): void => {
    if (flushing) return
    flushing = true
    queueMicrotask(() => {
      flushing = false
      flush()
    })
  }

  return {
    async verify (inputs) {
      if (stopped) throw stoppedError()
      if (inputs.length === 0) return []
      const sizes = inputs.map(packedBytes)
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      if (inputs.length > maxQueued || bytes > maxQueuedBytes) throw new TosError('INVALID_VALUE', `${inputs.length} signatures exceed the queue; split the batch`, { details: { maxQueued, maxQueuedBytes } })
      if (queued + inputs.length > maxQueued || queuedBytes + bytes > maxQueuedBytes) throw new TosError('BUSY', `${queued} signatures wait already`, { details: { queued, queuedBytes } })
      const { promise, resolve, reject } = Promise.withResolvers<boolean[]>()
      const call: Call = { verdicts: [], left: inputs.length, resolve, reject }
      inputs.forEach((input, index) => { waiting.push({ input, bytes: sizes[index] as number, call, index }) })
      queued += inputs.length
      queuedBytes += bytes
      flushSoon()
      return promise
    },
    async stop () {
      stopped = true
      const ending = [...lanes]
      lanes.clear()
      reject([...ending.flatMap(lane => lane.batches.splice(0).flat()), ...takeWaiting()], stoppedError())
      await Promise.all(ending.map(lane => lane.port?.end()))
    },
    dump: () => ({ queued, queuedBytes, workers: lanes.size })
  }
}

function stoppedError (): TosError {
  return new TosError('NODE_STOPPED', 'the verifier was stopped', { hint: 'create a new verifier: a stopped one has ended its workers' })
}
