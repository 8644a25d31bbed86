import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { createSignatureCheck } from './signature-check.ts'
import { unpackBatch } from './verify-batch.ts'

// The whole life of a verify worker: a packed batch comes in, one number goes out whose bit i is the verdict on signature i.
const check = createSignatureCheck((workerData as { maxKeys: number }).maxKeys)
const port = parentPort as MessagePort

port.on('message', (batch: Uint8Array) => {
  let verdicts = 0
  let bit = 0
  for (const input of unpackBatch(batch)) verdicts |= (check.verify(input) ? 1 : 0) << bit++
  port.postMessage(verdicts, [])
})
