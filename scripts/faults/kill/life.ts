import { readFileSync, writeSync } from 'node:fs'
import { ClassicLevel } from 'classic-level'
import type { FailPoint } from './fail-points.ts'
import { interceptStore } from './intercept.ts'

/*
 * One life of a process with a store, for kill.ts: argv[2] is a JSON `LifePlan`. It names each acknowledged block by its hash on standard
 * output and dies by SIGKILL at its fail point. A life that gets past it ends with 3.
 */

/** What a life is told. */
export interface LifePlan {
  readonly location: string
  readonly point: FailPoint
  readonly n: number
  readonly from: 'import' | 'sync'
  /** Chain file, and the same blocks as records. */
  readonly chain: string
  readonly records: string
}

const { location, point, n, from, chain, records } = JSON.parse(process.argv[2] ?? '') as LifePlan
// before it is wrapped
const report = writeSync
let calls = 0
function at (call: string, when: string): void {
  if (call === point.call && when === point.when && ++calls === n) process.kill(process.pid, 'SIGKILL')
}
interceptStore(at, { writeBufferSize: point.smallBuffers === true ? 64 * 1024 : undefined })
if (point.life === 'heal') damageOne(99)
if (point.life === 'recover') refuseOne()

// loaded only now: what it imports is wrapped
const { createBlockServer, createMemoryStore, createReferenceLedger, createSync, importChain, systemClock } = await import('../../../src/chain/index.ts')
const { NETWORK } = await import('../network.ts')

const ledger = await createReferenceLedger({ ...NETWORK, location, reopenMs: 20 })
if (ledger.recovered !== undefined && point.life !== 'repair') throw new Error(JSON.stringify(ledger.recovered))
ledger.addEventListener('block', ({ detail: { block } }) => {
  report(1, `${Buffer.from(block.hash).toString('hex')}\n`)
  at('acknowledge', 'after')
})
if (point.life === 'prune') await ledger.upkeep.prune(288)
if (point.life === 'heal') await ledger.block(ledger.atHeights(99n, 1)[0] as Uint8Array).catch(() => {})
if (point.life === 'recover') await importChain(ledger, chain).catch(() => new Promise(resolve => { ledger.addEventListener('store', resolve, { once: true }) }))
// as many blocks as the point may need, or a close would come only at the end of the chain
const enough = Array.isArray(point.n) ? Infinity : 5
await (from === 'import' ? grow() : follow())
await ledger.close()
process.exit(3)

async function grow (): Promise<void> {
  const { signal, stop } = limit()
  await importChain(ledger, chain, { signal }).catch(() => {})
  stop()
}

async function follow (): Promise<void> {
  const store = createMemoryStore()
  const bytes = readFileSync(records)
  for (let offset = 0; offset < bytes.length; offset += 4 + bytes.readUInt32LE(offset)) await store.append(bytes.subarray(offset + 4, offset + 4 + bytes.readUInt32LE(offset)))
  const serve = createBlockServer(await createReferenceLedger({ ...NETWORK, store }))
  const { signal, stop } = limit()
  const sync = createSync({ ledger, clock: systemClock, client: { request: async (_, question, options) => serve(question, options) } })
  signal.addEventListener('abort', () => { void sync.stop() })
  sync.start()
  sync.addPeer('peer')
  await sync.idle()
  await sync.stop()
  stop()
}

function limit (): { signal: AbortSignal, stop: () => void } {
  const controller = new AbortController()
  let seen = 0
  const count = (): void => { if (++seen >= enough) controller.abort() }
  ledger.addEventListener('block', count)
  return { signal: controller.signal, stop: () => { ledger.removeEventListener('block', count) } }
}

type Get = (this: unknown, ...args: unknown[]) => Promise<unknown>

/** What the disk gives for one record is wrong by a bit. */
function damageOne (number: number): void {
  const level = ClassicLevel.prototype as unknown as Record<'get' | 'getMany', Get>
  const { get, getMany } = level
  const flip = (key: unknown, value: unknown): unknown => {
    if (!(key instanceof Buffer) || key.length !== 9 || Number(key.readBigUInt64BE(1)) !== number || !(value instanceof Buffer)) return value
    const bytes = Buffer.from(value)
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    return bytes
  }
  level.get = async function (key, ...rest) { return flip(key, await get.call(this, key, ...rest)) }
  level.getMany = async function (keys, ...rest) { return (await getMany.call(this, keys, ...rest) as unknown[]).map((value, i) => flip((keys as unknown[])[i], value)) }
}

/** The disk refuses one block, having written it all the same. */
function refuseOne (): void {
  const level = ClassicLevel.prototype as unknown as Record<'put', Get>
  const { put } = level
  let refused = false
  level.put = async function (key, ...rest) {
    await put.call(this, key, ...rest)
    if (refused || !(key instanceof Buffer) || key[0] !== 0x62) return
    refused = true
    throw new Error('no space left on device')
  }
}
