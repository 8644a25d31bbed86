import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import type { FrameCodec } from '../../src/frame/index.ts'
import { plainCarriers, TosError } from '../../src/protocol/index.ts'
import type { Carriers, TosErrorCode } from '../../src/protocol/index.ts'
import { NOW_MS } from '../support/frames.ts'
import { kernelPair, rawPeer, textProtocol } from '../support/kernel-pair.ts'
import type { Pair, RawPeer, Text } from '../support/kernel-pair.ts'

const definition = textProtocol()
const FATAL: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['SEAL_BROKEN', 'FRAME_REPLAYED', 'SESSION_EXHAUSTED'])

/** Plain carriers whose codecs differ in what `change` returns. */
function changed (change: (plain: FrameCodec) => Partial<FrameCodec>): Carriers {
  const plain = plainCarriers(() => NOW_MS)
  return id => plain(id).map(({ id, codec }) => ({
    id,
    codec (...of) {
      const made = codec(...of) as FrameCodec
      return { ...made, fatal: FATAL, ...change(made) }
    }
  }))
}

async function pair (t: TestContext, change: (plain: FrameCodec) => Partial<FrameCodec>): Promise<{ p: Pair<Text, Text>, raw: RawPeer, ask: () => Uint8Array }> {
  const p = await kernelPair(definition, { options: { carriers: changed(change) } })
  t.after(() => p.stop())
  const raw = await rawPeer(p.net, p.server.peer)
  return { p, raw, ask: () => raw.message(definition.request.type, { requestId: 1n, more: false, body: { text: '' } }) }
}

const breaks = (code: TosErrorCode) => (): Partial<FrameCodec> => ({ open: () => { throw new TosError(code, 'not of this session') } })

for (const code of ['SEAL_BROKEN', 'FRAME_REPLAYED'] as const) {
  test(`${code} is one incident in the peer's name and closes the connection, whatever follows on it`, async t => {
    const { p, raw, ask } = await pair(t, breaks(code))
    const found: unknown[] = []
    p.server.kernel.incidents.listen(incident => { found.push([incident.code, incident.peer, incident.remote]) })
    const [bad, other] = [await raw.open(), await raw.open()]
    bad.write(ask(), ask(), ask())
    await Promise.all([bad.closed, other.closed])
    assert.deepEqual(found, [[code, raw.peer.peerId.toString(), false]])
    assert.equal((raw.connection.reason.error as TosError | undefined)?.code, code)
    while (p.server.service.dump()['inbound'] !== 0) await turn()
  })
}

test('a seal that breaks on the way back fails what waits for the answer with its code, as one incident', async t => {
  let opened = 0
  const { p } = await pair(t, plain => ({ open: (...frame) => { if (++opened > 3) throw new TosError('SEAL_BROKEN', 'forged'); return plain.open(...frame) } }))
  const answers = await Promise.allSettled([1, 2, 3].map(n => p.ask({ text: String(n) })))
  assert.deepEqual(answers.map(answer => answer.status === 'rejected' && (answer.reason as TosError).code), ['SEAL_BROKEN', 'SEAL_BROKEN', 'SEAL_BROKEN'])
  assert.deepEqual([p.asker.count('SEAL_BROKEN'), p.server.count('SEAL_BROKEN')], [1, 0])
})

test('a responder that can seal no more resets the stream: one incident, nobody\'s fault, and the asker need not wait', async t => {
  const { p, raw, ask } = await pair(t, () => ({ finish: () => { throw new TosError('SESSION_EXHAUSTED', 'no counters left') } }))
  const found: unknown[] = []
  p.server.kernel.incidents.listen(({ code, peer }) => { found.push([code, peer]) })
  const stream = await raw.open()
  stream.write(ask())
  assert.equal(await stream.closed, 'StreamResetError')
  assert.deepEqual(found, [['SESSION_EXHAUSTED', undefined]])
  assert.equal(raw.connection.status, 'open')
})

test('a seal that broke between a handler and a third peer costs the one who asks here nothing', async t => {
  const p = await kernelPair(textProtocol({ handle: () => { throw new TosError('SEAL_BROKEN', 'elsewhere') } }))
  t.after(() => p.stop())
  await assert.rejects(p.ask({ text: '' }), { code: 'REMOTE_ERROR' })
  assert.deepEqual([...p.server.kernel.incidents.counts], [['HANDLER_FAILED', 1]])
  assert.equal(p.server.peer.connections[0]?.status, 'open')
})
