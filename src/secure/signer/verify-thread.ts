import { Worker } from 'node:worker_threads'
import type { StartPort } from './verify-pool.ts'

/** Run from the sources the worker is a `.ts` file, in a build it stands beside this one as `.js`. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './verify-worker.ts' : './verify-worker.js', import.meta.url)

/** A worker only holds imported keys and the batch in hand. Megabytes. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 }

/** Starts worker threads that each remember `maxKeys` keys. They hold the process only while they owe an answer. */
export function verifyThreads (maxKeys: number): StartPort {
  return ({ answer, failed }) => {
    // the flags of the main program are not for a worker: `--input-type` alone would keep it from starting
    const worker = new Worker(WORKER, { workerData: { maxKeys }, resourceLimits: LIMITS, execArgv: [] })
    worker.unref()
    worker.on('message', answer)
    worker.on('error', failed)
    worker.on('exit', code => { failed(new Error(`a verify worker ended with code ${code}`)) })
    return {
      // the batch is an array of its own, nobody else looks at it: moved, not copied
      post: batch => { worker.postMessage(batch, [batch.buffer as ArrayBuffer]) },
      hold: on => { if (on) worker.ref(); else worker.unref() },
      end: async () => { await worker.terminate() }
    }
  }
}
