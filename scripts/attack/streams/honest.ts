import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What a well-behaved peer saw while others attacked. */
export interface HonestView { readonly pings: number, readonly worstMs: number }

/** A peer may send 60 pings a minute, half of them at once. */
const MAX_PINGS = 29

/** Runs `attack` while a peer on another thread pings the same node every `everyMs`, at least 20 times. Throws when a ping is lost. */
export async function whileHonestPings (address: string, everyMs: number, attack: () => Promise<unknown>): Promise<HonestView> {
  const worker = new Worker(new URL('honest-worker.ts', import.meta.url), { workerData: { address, pings: MAX_PINGS, everyMs } })
  try {
    await once(worker, 'message')
    // from now on, for the worker may be through before the attack is
    const told = once(worker, 'message') as Promise<[number[]]>
    told.catch(() => {})
    await attack()
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
    worker.postMessage('stop')
    const [times] = await told
    return { pings: times.length, worstMs: Math.max(...times) }
  } finally {
    await worker.terminate()
  }
}
