import { TosError } from '../../errors/index.ts'

/** Runs jobs one after the other, in the order of their calls. */
export interface Turnstile {
  /** Jobs that wait or run, and what they weigh together. */
  readonly waiting: number
  readonly weight: number
  /** Throws `BUSY` above the bound, `STORE_CLOSED` after `close`, and whatever `job` throws. */
  run<T> (weight: number, job: () => Promise<T>): Promise<T>
  /** Lets the running job finish; those that wait are refused with `STORE_CLOSED`. */
  close (): Promise<void>
}

/** `maxWeight` bounds what may wait; one job may always enter. */
export function createTurnstile (maxWeight: number): Turnstile {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let total = 0
  let closed = false
  const refuse = (): TosError => new TosError('STORE_CLOSED', 'the ledger is closed')
  return {
    get waiting () { return waiting },
    get weight () { return total },
    async run<T> (weight: number, job: () => Promise<T>): Promise<T> {
      if (closed) throw refuse()
      if (waiting > 0 && total + weight > maxWeight) throw new TosError('BUSY', `${waiting} blocks wait for the ledger already`, { details: { waiting, bytes: total } })
      waiting++
      total += weight
      const turn = last.then(() => { if (closed) throw refuse(); return job() })
      // the next one waits for this one's end, whatever it was; the caller sees the failure
      last = turn.then(() => undefined, () => undefined)
      try {
        return await turn
      } finally {
        waiting--
        total -= weight
      }
    },
    async close () {
      closed = true
      await last
    }
  }
}
