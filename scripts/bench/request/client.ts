import { createInterface } from 'node:readline'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { FETCH_PREFIX, STREAM_ID } from './echo.ts'
import { isTosKind, stockNode, tosNode } from './nodes.ts'

/** One batch: requests of `size` bytes with `inFlight` at a time, for `ms`. */
export interface Batch { readonly size: number, readonly inFlight: number, readonly ms: number }

type Ask = (size: number) => Promise<unknown>

/** The asking process of one contender: answers each batch it is told with the requests per second it saw. */
if (import.meta.main) {
  const [contender = '', address = ''] = process.argv.slice(2)
  const payloads = new Map<number, Uint8Array>()
  const payload = (size: number): Uint8Array => {
    const bytes = payloads.get(size) ?? new Uint8Array(size).fill(7)
    payloads.set(size, bytes)
    return bytes
  }
  const { ask, stop } = await contenderOf(contender, address, payload)
  process.stdout.write('ready\n')
  for await (const line of createInterface(process.stdin)) {
    const { size, inFlight, ms } = JSON.parse(line) as Batch
    process.stdout.write(`${await rateOf(() => ask(size), inFlight, ms)}\n`)
  }
  await stop()
}

async function contenderOf (contender: string, address: string, payload: (size: number) => Uint8Array): Promise<{ ask: Ask, stop: () => unknown }> {
  if (isTosKind(contender)) {
    const node = await tosNode(contender)
    const { remotePeer } = await node.dial(multiaddr(address))
    return { ask: size => node.services.echo.request(remotePeer, { data: payload(size) }), stop: () => node.stop() }
  }
  const node = await stockNode()
  const { remotePeer } = await node.dial(multiaddr(address))
  const ask: Ask = contender === 'fetch'
    ? size => node.services.fetch.fetch(remotePeer, `${FETCH_PREFIX}${size}`)
    : async size => echoStream(await node.dialProtocol(remotePeer, STREAM_ID, { maxOutboundStreams: 1000 }), payload(size))
  return { ask, stop: () => node.stop() }
}

async function echoStream (stream: Stream, bytes: Uint8Array): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let received = 0
  stream.addEventListener('message', ({ data }) => {
    received += data.byteLength
    if (received === bytes.length) resolve(received)
  })
  stream.addEventListener('close', ({ error }) => { reject(error ?? new Error('closed early')) })
  stream.send(bytes)
  await stream.close()
  return promise
}

async function rateOf (ask: () => Promise<unknown>, inFlight: number, ms: number): Promise<number> {
  const start = performance.now()
  const end = start + ms
  let done = 0
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (performance.now() < end) {
      await ask()
      done++
    }
  }))
  return done / (performance.now() - start) * 1000
}
