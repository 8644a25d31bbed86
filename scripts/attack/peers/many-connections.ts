import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { withTarget } from '../streams/target.ts'
import type { Tables, Target } from '../streams/target.ts'
import { endpoint, loopback } from './loopback.ts'

const CONNECTIONS = 100_000
const SHORT_MS = 10_000
/** At once: raw sockets here, whole handshakes on another thread. */
const RAW = 92
const WHOLE = 8
const SETTLE_MS = 8000
/** The daemon answers our questions over a socket of its own, and opens files of its store now and then. */
const MORE_DESCRIPTORS = 3
/** Counts of what happened: nothing is held for them. */
const COUNTS = new Set(['accept', 'ignore', 'reject', 'dropped', 'published', 'failures', 'runs', 'refused', 'unsaved'])
/** What is remembered of a peer beyond its connection, on purpose, and how many entries at most. */
const MEMORIES: Readonly<Record<string, number>> = { 'connector.records': 4096, 'connector.strangers': 1024 }
const HELLO = Buffer.from('\u0013/multistream/1.0.0\n')

/** SECURITY L3: one connection after the other, never more than 100 at once: closed at once, broken off, full of noise, or made in full. */
export async function manyConnections (long: boolean): Promise<Row[]> {
  return await withTarget(async target => {
    const before = { tables: await target.tables(), descriptors: await target.descriptors() }
    const worker = new Worker(new URL('whole-connections-worker.ts', import.meta.url), { workerData: { address: target.address, atOnce: WHOLE } })
    const start = performance.now()
    let raw = 0
    let whole = 0
    try {
      const { host, port } = endpoint(target.address)
      const isOver = (): boolean => raw >= CONNECTIONS || !long && performance.now() - start >= SHORT_MS
      await Promise.all(Array.from({ length: RAW }, async () => { while (!isOver()) await visit(host, port, raw++) }))
      const told = once(worker, 'message') as Promise<[number]>
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      worker.postMessage('stop')
      whole = (await told)[0]
    } finally {
      await worker.terminate()
    }
    const seconds = (performance.now() - start) / 1000
    const after = await settle(target, before)
    return [
      plainRow('L3, connections, at most 100 at once: made', raw + whole, `in ${seconds.toFixed(0)} s`),
      plainRow('L3: of these with a whole handshake and an identity of its own', whole, 'connections'),
      limitRow('L3: descriptors above the start', after.descriptors, 'descriptors', MORE_DESCRIPTORS),
      limitRow(`L3: tables above the start${after.grown.length === 0 ? '' : `: ${after.grown.join(', ')}`}`, after.grown.length, 'tables', 0)
    ]
  })
}

/** One connection of a kind that its number chooses. */
async function visit (host: string, port: number, n: number): Promise<void> {
  const socket = connect({ host, port, localAddress: loopback(n) })
  // the node may refuse or reset it at any time
  socket.on('error', () => {})
  const closed = once(socket, 'close').catch(() => {})
  socket.on('connect', () => {
    if (n % 3 === 0) socket.destroy()
    else if (n % 3 === 1) socket.end(HELLO)
    else socket.end(Buffer.alloc(64, n))
  })
  socket.resume()
  await closed
}

/** Waits until the node is as it was, and says in what it is not. */
async function settle (target: Target, before: { tables: Tables, descriptors: number }): Promise<{ grown: string[], descriptors: number }> {
  const start = performance.now()
  for (;;) {
    const state = { grown: grownTables(before.tables, await target.tables()), descriptors: await target.descriptors() - before.descriptors }
    if ((state.grown.length === 0 && state.descriptors <= MORE_DESCRIPTORS) || performance.now() - start > SETTLE_MS) return state
    await delay(250)
  }
}

function grownTables (before: Tables, after: Tables): string[] {
  return Object.entries(after).flatMap(([owner, sizes]) => Object.entries(sizes)
    .filter(([name, size]) => !COUNTS.has(name) && size > (MEMORIES[`${owner}.${name}`] ?? before[owner]?.[name] ?? 0))
    .map(([name, size]) => `${owner}.${name} +${size - (before[owner]?.[name] ?? 0)}`))
}
