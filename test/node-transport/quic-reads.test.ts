import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { growingRead, MOST_READ_BYTES } from '../../src/node/transport/quic-reads.ts'

const PROTOCOL = '/acme/bulk/1.0.0'
/** What the library asks for. */
const STOCK_BYTES = 4_096

/** What is asked of the native stream, one figure per read, when it gives `given`. */
async function asked (given: ReadonlyArray<number | null>): Promise<number[]> {
  const asks: number[] = []
  const read = growingRead(async bytes => {
    const length = given[asks.push(bytes) - 1] ?? null
    return length === null ? null : { length }
  })
  for (const _ of given) await read(STOCK_BYTES)
  return asks
}

test('reads grow fourfold to their limit while they come back full', async () => {
  assert.deepEqual(await asked([4_096, 16_384, 65_536, 65_536]), [4_096, 16_384, MOST_READ_BYTES, MOST_READ_BYTES])
})

test('reads stay as they are above a quarter, and are small again below it and at the end', async () => {
  assert.deepEqual(await asked([4_096, 4_096, 4_095, 32, null, 4_096]), [4_096, 16_384, 16_384, 4_096, 4_096, 4_096])
})

test('over QUIC a node takes bulk in pieces larger than the 4 KiB of the library, and all of it', { timeout: 30_000 }, async () => {
  const start = async (options: TosNodeOptions): Promise<TosNode> => await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], quic: true, ...options })
  const [a, b] = await Promise.all([start({ listen: [] }), start({ listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] })])
  after(async () => { await Promise.all([a.stop(), b.stop()]) })
  const sizes: number[] = []
  const ended = Promise.withResolvers<void>()
  await b.handle(PROTOCOL, stream => {
    stream.addEventListener('message', ({ data }) => { sizes.push(data.byteLength) })
    stream.addEventListener('remoteCloseWrite', () => { ended.resolve() })
  })
  const connection = await a.dial(b.getMultiaddrs())
  const stream = await connection.newStream(PROTOCOL)
  stream.send(new Uint8Array(1 << 20))
  await stream.close()
  await ended.promise
  assert.equal(sizes.reduce((sum, size) => sum + size, 0), 1 << 20)
  assert.ok(Math.max(...sizes) > STOCK_BYTES, `the largest piece had ${Math.max(...sizes)} B`)
})
