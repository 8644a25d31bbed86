import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'

const PROTOCOL = '/acme/hold/1.0.0'

const start = async (options: TosNodeOptions): Promise<TosNode> => await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], quic: true, ...options })

test('over QUIC a stream that the other side resets ends as reset, whoever opened it, and one that it closes ends in order', { timeout: 30_000 }, async () => {
  const [a, b] = await Promise.all([start({ listen: [] }), start({ listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] })])
  after(async () => { await Promise.all([a.stop(), b.stop()]) })
  const inbound: Array<(stream: Stream) => void> = []
  await b.handle(PROTOCOL, stream => { inbound.shift()?.(stream) })
  const connection = await a.dial(b.getMultiaddrs())
  await a.services.session.ready(connection)

  async function pair (): Promise<{ readonly ours: Stream, readonly theirs: Stream }> {
    const { promise, resolve } = Promise.withResolvers<Stream>()
    inbound.push(resolve)
    const ours = await connection.newStream(PROTOCOL)
    return { ours, theirs: await promise }
  }
  for (const side of ['ours', 'theirs'] as const) {
    const streams = await pair()
    const [left, other] = side === 'ours' ? [streams.ours, streams.theirs] : [streams.theirs, streams.ours]
    const closed = once(other, 'close') as unknown as Promise<readonly [{ readonly error?: Error }]>
    left.abort(new Error('given up'))
    const [{ error }] = await closed
    assert.equal(other.status, 'reset')
    assert.equal(error?.name, 'StreamResetError')
  }
  const { ours, theirs } = await pair()
  const ended = [ours, theirs].map(stream => once(stream, 'close'))
  await Promise.all([ours.close(), theirs.close()])
  await Promise.all(ended)
  assert.deepEqual([ours.status, theirs.status], ['closed', 'closed'])
})
