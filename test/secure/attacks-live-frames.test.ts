import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { checksum, HEADER_BYTES, HEADER_OFFSET } from '../../src/frame/index.ts'
import { decodePayload, encodePayload, ERROR } from '../../src/protocol/index.ts'
import { flip, frame as plainFrame } from '../support/frames.ts'
import { handSession } from '../support/hand-session.ts'
import type { HandSession, SealedByHand } from '../support/hand-session.ts'
import { createSealedNet, ECHO_ID, echo, gone, openByHand } from '../support/sealed-net.ts'
import type { SealedNode } from '../support/sealed-net.ts'
import { open, seal } from '../support/sealed-pair.ts'
import { until } from '../support/until.ts'

const net = createSealedNet()
after(() => net.stop())

/** Acts on a session, and expects that the victim hangs up with `code`, counts it, and keeps nothing. */
async function closes (code: string, act: (stream: SealedByHand, session: HandSession, victim: SealedNode) => void | Promise<void>): Promise<void> {
  const victim = await net.sealed()
  const session = await handSession(net, victim)
  const [stream, other] = [await session.open(), await session.open()]
  for (const { write, request } of [stream, other]) write(request('good'))
  await Promise.all([stream.answer(), other.answer()])
  await act(stream, session, victim)
  await gone(session.connection)
  await until(() => victim.node.getConnections().length === 0)
  assert.deepEqual(victim.refused, [code])
  assert.deepEqual([...victim.kernel.incidents.counts], [[code, 1]], 'one incident, with its code')
  assert.deepEqual(victim.node.services.session.dump(), { connections: 0, sessions: 0, epochs: 0, waiting: 0, answering: 0 })
  assert.equal(victim.node.services.echo.dump()['inbound'], 0)
  await session.node.stop()
}

test('the session made by hand works as a real one, so what follows fails for its own reason', async () => {
  const victim = await net.sealed()
  const { open: openStream } = await handSession(net, victim)
  const stream = await openStream()
  for (const text of ['one', 'two']) {
    stream.write(stream.request(text))
    const payload = open(stream.codec, await stream.answer(), echo.response.type)
    assert.equal((decodePayload(echo.response.type, payload, 'zeros') as { body: { text: string } }).body.text, text)
  }
})

test('a repeated frame closes the connection', async () => {
  await closes('FRAME_REPLAYED', stream => {
    const frame = stream.request('once')
    stream.write(frame, frame)
  })
})

test('a frame left out closes the connection', async () => {
  await closes('FRAME_REPLAYED', stream => {
    stream.request('lost')
    stream.write(stream.request('after'))
  })
})

test('a frame moved to another stream closes the connection', async () => {
  await closes('FRAME_REPLAYED', async (stream, session) => { (await session.open()).write(stream.request('elsewhere')) })
})

test('a frame of another connection closes the connection', async () => {
  await closes('SEAL_BROKEN', async (_stream, session, victim) => {
    const second = await handSession(net, victim)
    // the same numbers on both, other keys
    session.epoch.ours.draw = () => 77
    second.epoch.ours.draw = () => 77
    const there = await second.open()
    const here = await session.open()
    here.write(there.request('from there'))
    await gone(session.connection)
    await second.node.stop()
  })
})

test('an answer sent back closes the connection', async () => {
  await closes('FRAME_REPLAYED', async stream => {
    stream.write(stream.request('x'))
    stream.write(await stream.answer())
  })
})

test('an answer sent back on a new stream closes the connection', async () => {
  await closes('SEAL_BROKEN', async (_stream, session) => {
    const fresh = await session.open()
    // the first answer of a stream whose number is new over there
    session.epoch.ours.draw = () => 9
    fresh.write(fresh.request('x'))
    const answer = await fresh.answer()
    answer[HEADER_BYTES + 3] = 11
    new DataView(answer.buffer, answer.byteOffset).setBigUint64(HEADER_OFFSET.checksum, checksum(answer.subarray(HEADER_BYTES)), true)
    const other = await session.open()
    other.write(answer)
  })
})

for (const [what, at, code] of [['type', HEADER_OFFSET.type, 'SEAL_BROKEN'], ['checksum', HEADER_OFFSET.checksum, 'CORRUPT_MESSAGE'], ['time', HEADER_OFFSET.timestamp, 'SEAL_BROKEN'], ['node id', HEADER_OFFSET.nodeId, 'SEAL_BROKEN'], ['nonce', HEADER_BYTES, 'CORRUPT_MESSAGE'], ['ciphertext', HEADER_BYTES + 20, 'CORRUPT_MESSAGE']] as const) {
  test(`a flipped bit in the ${what} closes the connection`, async () => {
    await closes(code, stream => { stream.write(flip(stream.request('x'), at)) })
  })
}

test('a plain frame on a sealed id closes the connection', async () => {
  await closes('FRAME_REPLAYED', async (_stream, session) => {
    const plain = await openByHand(session.connection, session, ECHO_ID)
    plain.frame({ type: echo.request.type.code, payload: encodePayload(echo.request.type, { requestId: 1n, more: false, body: { text: 'in the clear, and long enough' } }) })
  })
})

test('a plain frame too short for a seal closes the connection', async () => {
  await closes('SEAL_BROKEN', stream => { stream.write(plainFrame({ type: echo.request.type.code, payload: new Uint8Array(27) })) })
})

test('a stream number used twice, and one of the other side, close the connection', async () => {
  for (const number of [1, 2]) {
    await closes('FRAME_REPLAYED', async (_stream, session) => {
      session.epoch.ours.draw = () => number
      const stream = await session.open()
      stream.write(stream.request('x'))
    })
  }
})

test('padding that is not zero is answered with INVALID_MESSAGE; the stream and the connection go on', async () => {
  const victim = await net.sealed()
  const session = await handSession(net, victim)
  const stream = await session.open()
  const value = encodePayload(echo.request.type, { requestId: 5n, more: false, body: { text: 'x' } })
  stream.write(seal(stream.codec, echo.request.type, Buffer.concat([value, Uint8Array.of(0, 0, 1)])))
  const error = decodePayload(ERROR, open(stream.codec, await stream.answer(), ERROR), 'zeros')
  assert.deepEqual([error.requestId, victim.kernel.incidents.counts.get('INVALID_MESSAGE')], [5n, 1])
  stream.write(stream.request('next'))
  open(stream.codec, await stream.answer(), echo.response.type)
  assert.deepEqual([victim.refused, session.connection.status], [[], 'open'])
})

test('a frame longer than its sealed cap ends the stream before it is read, and nothing else', async () => {
  const victim = await net.sealed()
  const session = await handSession(net, victim)
  const stream = await session.open()
  stream.write(stream.request('good'))
  await stream.answer()
  const long = stream.request('x')
  new DataView(long.buffer, long.byteOffset).setUint32(HEADER_OFFSET.length, stream.codec.wireCap(echo.request.type) + 1, true)
  stream.write(long.subarray(0, HEADER_BYTES))
  assert.match(String(await stream.closed), /reset/i)
  assert.equal(victim.kernel.incidents.counts.get('MESSAGE_TOO_LARGE'), 1)
  assert.deepEqual([victim.refused, session.connection.status], [[], 'open'])
})
