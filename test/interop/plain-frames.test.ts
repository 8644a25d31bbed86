import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cell, isHere, part, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { GOLDEN, goldenPayload, handFrame, nodeIdOf, partFrames } from './harness/hand-frame.ts'
import type { HandFrame } from './harness/hand-frame.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import type { PeerProcess } from './harness/peer-process.ts'
import { assertEcho, dial, exchange } from './harness/steps.ts'
import { FOREIGN_PEERS } from './harness/toolchain.ts'

const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] }
const plain = (name: string): string => `/tos/devnet/plain/${name}/1.0.0`
const [PING, PONG, ERROR] = [0x01, 0x02, 0x7f07]

/** Golden requests our node answers: where, and with which type. */
const ASKED = [['ping', 'ping', PONG], ['ping, all zero', 'ping', PONG], ['peer exchange request', 'peer-exchange', 0x10], ['block request by hash', 'blocks', 0x22], ['block request by height', 'blocks', 0x22], ['block request by locator', 'blocks', 0x22], ['block request tips', 'blocks', 0x22], ['transaction request', 'transactions', 0x32]] as const
/** Golden requests our node sends, the service that does, and the golden answer it is given. */
const SENT = [['ping', 'tosPing', 'ping', 'pong'], ['block request by hash', 'blocks', 'blocks', 'block response, not found'], ['block request tips', 'blocks', 'blocks', 'block response, not found'], ['transaction request', 'transactions', 'transactions', 'transaction response, not found']] as const

const golden = (name: string): (typeof GOLDEN)[number] => GOLDEN.find(frame => frame.name === name) as (typeof GOLDEN)[number]

async function answersGolden (foreign: PeerProcess, tosd: PeerProcess, how: string): Promise<void> {
  for (const [name, protocol, expected] of how === 'bytewise' ? ASKED.slice(0, 1) : ASKED) {
    const payload = goldenPayload(name)
    const { received, ended } = await exchange(foreign, tosd, plain(protocol), handFrame({ code: golden(name).code, payload, from: foreign.peerId }), { how })
    const [answer, ...more] = partFrames(received)
    assert.equal(ended, 'eof', `the answer to "${name}" ends the stream cleanly`)
    assert.equal(more.length, 0)
    assert.equal(answer?.code, expected, `"${name}" is answered by type ${answer?.code.toString(16)}`)
    assert.deepEqual(answer?.payload.subarray(4, 12), payload.subarray(4, 12), 'the answer names what it answers')
    assert.deepEqual(answer?.nodeId, Buffer.from(nodeIdOf(tosd.peerId)), 'and who gives it')
  }
}

async function sendsGolden (foreign: PeerProcess, tosd: PeerProcess): Promise<void> {
  for (const protocol of new Set(SENT.map(([, , protocol]) => protocol))) await foreign.ask('serve', { protocol: plain(protocol) })
  await dial(tosd, foreign)
  for (const [name, service, , response] of SENT) {
    const asked = tosd.ask<{ readonly fields: Readonly<Record<string, unknown>> }>('tos-request', { peer: foreign.peerId, service, fields: golden(name).fields })
    const [{ fields }] = await Promise.all([asked, answersOnce(foreign, name, response)])
    assert.deepEqual({ ...fields, nonce: 0, request_id: 0 }, { ...golden(response).fields, nonce: 0, request_id: 0 })
  }
}

/** Waits for the golden request `name`, byte for byte but for the id that pairs it, and gives the golden answer. */
async function answersOnce (foreign: PeerProcess, name: string, response: string): Promise<void> {
  const streams = new Map<unknown, Buffer>()
  for (;;) {
    const { stream, data } = await foreign.event(({ event }) => event === 'data')
    const bytes = Buffer.concat([streams.get(stream) ?? Buffer.alloc(0), Buffer.from(String(data), 'base64')])
    const whole = bytes.length >= 60 && bytes.length >= 60 + bytes.readUInt32LE(8)
    streams.set(stream, whole ? Buffer.alloc(0) : bytes)
    if (!whole) continue
    for (const { code, payload } of partFrames(bytes)) {
      const id = payload.readBigUInt64LE(4)
      const wanted = code === golden(name).code && payload.equals(goldenPayload(name, id))
      // our node asks who offers blocks for its tips by itself; it is told that there are none
      const answer = wanted ? response : code === golden('block request tips').code ? 'block response, not found' : assert.fail(`"${name}" left as ${payload.toString('hex')}`)
      await foreign.ask('reply', { stream, data: handFrame({ code: golden(answer).code, payload: goldenPayload(answer, id), from: foreign.peerId }).toString('base64'), how: 'keep' })
      if (wanted) return
    }
  }
}

/** Frames that end their stream, and nothing but their stream. */
const FATAL: ReadonlyArray<readonly [string, Partial<HandFrame>]> = [['another magic', { magic: 'TOSX' }], ['another version', { version: 2 }], ['above the cap', { length: 293 }], ['length of 4 GiB', { length: 0xffff_ffff }]]

async function refusesBad (foreign: PeerProcess, tosd: PeerProcess): Promise<void> {
  const good = { code: PING, payload: goldenPayload('ping'), from: foreign.peerId }
  for (const [what, wrong] of FATAL) {
    const { received, ended } = await exchange(foreign, tosd, plain('ping'), handFrame({ ...good, ...wrong }), { how: 'keep' })
    assert.ok(partFrames(received).every(({ code }) => code === ERROR), `${what}: no PONG`)
    assert.notEqual(ended, 'timeout', `${what} ends the stream`)
  }
  // a damaged frame is dropped alone: the next one on the stream is answered
  const { received } = await exchange(foreign, tosd, plain('ping'), Buffer.concat([handFrame({ ...good, badSum: true }), handFrame({ ...good, payload: goldenPayload('ping', 77n) })]))
  const pongs = partFrames(received).filter(({ code }) => code === PONG)
  assert.equal(pongs.length, 1)
  assert.equal(pongs[0]?.payload.readBigUInt64LE(4), 77n)
  await assertEcho(foreign, tosd, Buffer.from('still connected'))
}

async function bearsMany (foreign: PeerProcess, tosd: PeerProcess): Promise<void> {
  const many = (code: number, name: string): Buffer => Buffer.concat(Array.from({ length: 100 }, (_, i) => handFrame({ code, payload: goldenPayload(name, BigInt(i + 1)), from: foreign.peerId })))
  const { received, ended } = await exchange(foreign, tosd, plain('blocks'), many(0x21, 'block request tips'))
  assert.equal(ended, 'eof')
  const answers = partFrames(received)
  assert.ok(answers.every(({ code }) => code === 0x22), 'each is answered')
  assert.equal(new Set(answers.map(({ payload }) => payload.readBigUInt64LE(4))).size, 100, 'each once')

  // PING has 60 a minute: who stays above it is told so for a while, then the stream is over,
  // by a reset or, where the library reads so, by an end
  const flood = await exchange(foreign, tosd, plain('ping'), many(PING, 'ping'), { how: 'keep' })
  assert.notEqual(flood.ended, 'timeout', 'a flood ends its stream')
  await assertEcho(foreign, tosd, Buffer.from('still connected'))

  const { opened, refused } = await foreign.ask<{ readonly opened: number, readonly refused: number }>('streams', { peer: tosd.peerId, protocol: plain('blocks'), count: 100 })
  assert.equal(opened + refused, 100)
  assert.ok(opened >= 1 && opened <= 4, `${opened} streams of one protocol are open; the limit is 4`)
  await assertEcho(foreign, tosd, Buffer.from('still connected'))
}

for (const peer of FOREIGN_PEERS) {
  const name = (scenario: string, direction = `${peer} → tosd`): CellName => ({ peer, scenario: `11 plain frames: ${scenario}`, direction })
  const cells = [
    [name('golden requests, one-shot'), (foreign: PeerProcess, tosd: PeerProcess) => answersGolden(foreign, tosd, 'half-close')],
    [name('one byte at a time'), (foreign: PeerProcess, tosd: PeerProcess) => answersGolden(foreign, tosd, 'bytewise')],
    [name('oversize, wrong magic, version, checksum'), refusesBad],
    [name('100 requests, 100 streams'), bearsMany]
  ] as const
  const back = name('golden requests and answers', `tosd → ${peer}`)
  void test(`11 plain frames · ${peer} and tosd`, async context => {
    if (!await isHere(context, peer, [...cells.map(([cellName]) => cellName), back])) return
    const { foreign, tosd } = await withPeers(context, { foreign: [peer, config], tosd: ['tosd', config] })
    await cell(context, back, async () => {
      await sendsGolden(foreign, tosd)
      await part(tosd, foreign)
    })
    for (const [cellName, run] of cells) {
      await cell(context, cellName, async () => {
        await dial(foreign, tosd)
        await run(foreign, tosd)
        await part(foreign, tosd)
      })
    }
  })
}
