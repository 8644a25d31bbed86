import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'

const STREAMS = 8
const PROTOCOL = '/acme/hold/1.0.0'

const start = async (options: TosNodeOptions): Promise<TosNode> => await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], quic: true, ...options })

test('over QUIC the streams of a connection are limited too, and who waits for one waits no longer than its signal says', { timeout: 30_000 }, async () => {
  const [a, b] = await Promise.all([start({ listen: [] }), start({ listen: ['/ip4/127.0.0.1/udp/0/quic-v1'], limits: { yamuxStreams: STREAMS } })])
  after(async () => { await Promise.all([a.stop(), b.stop()]) })
  await b.handle(PROTOCOL, () => {}, { maxInboundStreams: 100 })
  const connection = await a.dial(b.getMultiaddrs())
  await a.services.session.ready(connection)

  const signal = AbortSignal.timeout(1000)
  const results = await Promise.allSettled(Array.from({ length: STREAMS + 1 }, () => connection.newStream(PROTOCOL, { signal, maxOutboundStreams: 100 })))
  const opened = results.filter(result => result.status === 'fulfilled')
  assert.ok(opened.length > 0 && opened.length <= STREAMS, `${opened.length} opened`)
  for (const result of results) if (result.status === 'rejected') assert.equal(result.reason, signal.reason)

  const ping = { userAgent: 'test', services: 0n, timestamp: 0n }
  await assert.rejects(a.services.tosPing.request(b.peerId, ping, { timeoutMs: 300 }), { code: 'TIMEOUT' })
  // a place is free again once both ends have let go
  for (const { value } of opened) value.abort(new Error('done'))
  for (const stream of b.getConnections(a.peerId).flatMap(({ streams }) => streams)) if (stream.protocol === PROTOCOL) stream.abort(new Error('done'))
  assert.ok((await a.services.tosPing.request(b.peerId, ping)).timestamp > 0n, 'the streams that were granted too late are not held')
})
