import { setTimeout as delay } from 'node:timers/promises'
import { PING, PONG } from '../../../protocols/index.ts'
import { HEADER_OFFSET } from '../../../src/frame/index.ts'
import { encodePayload } from '../../../src/protocol/index.ts'
import { flip } from '../../../test/support/frames.ts'
import { limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { OPENABLE, PING_PROTOCOL, STREAMS_PER_PROTOCOL } from './carried.ts'
import { mustAnswer, withHostiles } from './hostile.ts'
import type { Hostile } from './hostile.ts'
import { withTarget } from './target.ts'
import type { Tables, Target } from './target.ts'

const STREAMS = 1000
const FRAMES = 10_000
const PEERS = 5
const BATCH = 100
const HEARD_MS = 2000
const GROWTH_MIB = 64
/** Streams without a frame live 5 s, and nobody looks more than once a second. */
const EMPTY_MS = 7000
/** Tables that must be empty once nobody is connected; limiters and budgets outlive a connection on purpose. */
const TRANSIENT = ['lanes', 'opening', 'pending', 'inbound', 'running', 'streams', 'waiting', 'fetches']

/** Streams opened and dropped, half-closed and fed by single bytes; frames wrong in every way that leaves a stream open, and in the ways that end it. */
export async function streamFlood (): Promise<Row[]> {
  return await withTarget(async target => {
    const { address, growth, complaints, daemon, incidents } = target
    let torn = 0
    let unheard = 0
    const grown = await growth(() => withHostiles(address, PEERS, async peers => {
      await Promise.all(peers.map(async peer => {
        await openAndDrop(peer, STREAMS / PEERS)
        unheard += await sendMalformed(peer, FRAMES / PEERS)
        await breakStreams(peer)
        if (!await answersByteByByte(peer)) torn++
      }))
    }))
    const counted = Object.values(await incidents()).reduce((total, count) => total + count, 0)
    const emptyMs = await untilEmpty(target)
    await withHostiles(address, 1, ([peer]) => mustAnswer(peer as Hostile))
    const code = await daemon.stop()
    return [
      limitRow(`flood: peers of ${PEERS} whose PING in single bytes got no PONG`, torn, 'peers', 0),
      limitRow(`flood: batches of ${FRAMES} malformed frames neither answered nor ended`, unheard, `of ${FRAMES / BATCH}`, 0),
      plainRow('flood: incidents counted', counted, ''),
      limitRow('flood: memory growth at its peak', grown, 'MiB', GROWTH_MIB),
      limitRow('flood: until all tables are empty', emptyMs, 'ms', EMPTY_MS),
      limitRow('flood: characters on standard error', complaints().length, 'characters', 0),
      limitRow('flood: exit code of a graceful stop', code ?? NaN, '', 0)
    ]
  })
}

async function openAndDrop (peer: Hostile, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += OPENABLE.length) {
    await Promise.all(OPENABLE.map(async ({ protocol }) => {
      const { stream } = await peer.open(protocol)
      stream.abort(new Error('dropped'))
    }))
  }
  // many more at once than are served: the surplus is reset
  const many = await Promise.allSettled(Array.from({ length: 10 * STREAMS_PER_PROTOCOL }, () => peer.open(PING_PROTOCOL)))
  for (const outcome of many) if (outcome.status === 'fulfilled') outcome.value.stream.abort(new Error('dropped'))
}

/** Frames that are wrong each in its way. Returns how many batches were neither answered with ERRORs nor ended. */
async function sendMalformed (peer: Hostile, count: number): Promise<number> {
  const good = encodePayload(PING, { nonce: 1n, userAgent: 'by hand', services: 0n, timestamp: 0n })
  const kinds = [
    peer.frame({ type: 0x7fff, payload: new Uint8Array(100) }), // unknown type
    peer.frame({ type: PONG.code, payload: good }), // a type of the protocol, in the wrong direction
    peer.frame({ type: PING.code, payload: flip(good, 0) }), // wrong tag
    peer.frame({ type: PING.code, payload: Buffer.concat([good, new Uint8Array(1)]) }), // trailing byte
    peer.frame({ type: PING.code, payload: flip(good, 20, 0x80) }), // bad UTF-8
    peer.frame({ type: PING.code, payload: flip(good, 20, good[20] as number) }), // control character
    peer.frame({ type: PING.code, payload: good.subarray(0, 9) }), // truncated inside
    peer.frame({ type: PING.code }), // empty
    peer.frame({ type: PING.code, payload: good, nodeId: new Uint8Array(32) }),
    peer.frame({ type: PING.code, payload: good, timestamp: 1n })
  ]
  let unheard = 0
  for (let sent = 0; sent < count; sent += BATCH) {
    const raw = await peer.open(PING_PROTOCOL)
    raw.write(Buffer.concat(Array.from({ length: BATCH }, (_, i) => kinds[i % kinds.length] as Uint8Array)))
    // a stream that stays above its budget may be ended half-way
    const answered = (async () => { for (let i = 0; i < BATCH; i++) await raw.nextError() })().catch(async () => { await raw.closed })
    if (await Promise.race([answered, delay(HEARD_MS, 'nothing')]) === 'nothing') unheard++
    raw.stream.abort(new Error('dropped'))
  }
  return unheard
}

/** What ends a stream: wrong magic or version, an end inside a frame, an end at once. */
async function breakStreams (peer: Hostile): Promise<void> {
  const good = peer.ping(1n)
  for (const { protocol } of OPENABLE) {
    const streams = await Promise.all(Array.from({ length: STREAMS_PER_PROTOCOL }, () => peer.open(protocol)))
    const [magic, version, cut, ended] = streams
    magic?.write(flip(good, HEADER_OFFSET.magic))
    version?.write(flip(good, HEADER_OFFSET.version))
    cut?.write(good.subarray(0, 70))
    await Promise.all([magic?.closed, version?.closed, ...[cut, ended].map(async raw => {
      await raw?.stream.close()
      await raw?.closed
    })])
  }
}

async function answersByteByByte (peer: Hostile): Promise<boolean> {
  // malformed frames used the budget up; one unit a second comes back
  await delay(1000)
  const raw = await peer.open(PING_PROTOCOL)
  for (const byte of peer.ping(7n)) raw.write(Uint8Array.of(byte))
  const { type } = await raw.next()
  await raw.stream.close()
  return type === PONG.code
}

/** Milliseconds until nothing of the attack is left. */
async function untilEmpty ({ tables }: Target): Promise<number> {
  const start = performance.now()
  while (held(await tables()) > 0) {
    if (performance.now() - start > EMPTY_MS) return Infinity
    await delay(100)
  }
  return performance.now() - start
}

function held (tables: Tables): number {
  return Object.values(tables).flatMap(sizes => TRANSIENT.map(name => sizes[name] ?? 0)).reduce((sum, size) => sum + size, 0)
}
