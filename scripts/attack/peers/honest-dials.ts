import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What became of dials: those that were answered within 2 s, and the slowest of all. */
export interface Dials { readonly succeeded: number, readonly worstMs: number }

/** Runs `attack` while `count` peers on another thread dial the node one after the other, spread over `ms`, each from its own address. */
export async function whileHonestDials (address: string, count: number, ms: number, attack: () => Promise<unknown>): Promise<Dials> {
  const worker = new Worker(new URL('honest-dials-worker.ts', import.meta.url), { workerData: { address, count, everyMs: ms / count } })
  try {
    await once(worker, 'message')
    const told = once(worker, 'message') as Promise<[Dials]>
    told.catch(() => {})
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    worker.postMessage('start')
    await attack()
    return (await told)[0]
  } finally {
    await worker.terminate()
  }
}
