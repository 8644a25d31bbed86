import type { ProgressView } from '../../monitor/index.ts'

/** What an import or export counts as it goes. */
export interface Progress {
  readonly blocks: number
  readonly transactions: number
}

/** Runs a long job and yields its progress four times a second at most, then a last item with `done`. */
export async function * progressStream (height: () => number, run: (report: (progress: Progress) => void) => Promise<Progress>): AsyncGenerator<ProgressView, void, undefined> {
  const started = performance.now()
  let latest: Progress = { blocks: 0, transactions: 0 }
  let wake = (): void => {}
  const view = ({ blocks, transactions }: Progress): ProgressView => ({
    blocks, transactions, height: height(), elapsedMs: Math.round(performance.now() - started)
  })
  const job = run(progress => { latest = progress })
  const finished = job.then(() => true)
  // a failure is thrown by `await job` below
  finished.catch(() => {})
  for (;;) {
    const tick = new Promise<false>(resolve => { const timer = setTimeout(() => { resolve(false) }, 250); wake = () => { clearTimeout(timer) } })
    const done = await Promise.race([finished, tick])
    wake()
    if (done) break
    yield view(latest)
  }
  yield { ...view(await job), done: true }
}
