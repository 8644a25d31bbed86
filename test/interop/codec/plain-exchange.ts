import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { HEADER_BYTES } from '../../../src/frame/index.ts'
import { toHex } from '../../../src/wire/index.ts'
import type { PeerProcess } from '../harness/peer-process.ts'
import { exchange } from '../harness/steps.ts'
import type { CodecProcess } from './codec-process.ts'

type Fields = Readonly<Record<string, unknown>>
interface Message { readonly type: string, readonly json: Fields, readonly header: Fields }

/** A protocol by its request and its answer, both made and read by the other codec alone. */
export interface PlainProtocol {
  readonly name: string
  /** What our node calls it in `tos-request`. */
  readonly service: string
  readonly request: string
  readonly response: string
  /** Field that pairs the two. */
  readonly pairing: 'nonce' | 'request_id'
  /** Requests of one stream: within what the node grants one peer a minute. */
  readonly count: number
  /** Random messages of the types that may stand here. */
  readonly fits?: { readonly request?: (fields: Fields) => boolean, readonly response?: (fields: Fields) => boolean }
}

const isList = ({ is_response: list }: Fields): boolean => list === true

/** The request-response protocols of the network. */
export const PLAIN_PROTOCOLS: readonly PlainProtocol[] = [
  { name: 'ping', service: 'tosPing', request: 'PING', response: 'PONG', pairing: 'nonce', count: 20 },
  {
    name: 'peer-exchange', service: 'peerExchange', request: 'PEER_EXCHANGE', response: 'PEER_EXCHANGE', pairing: 'request_id', count: 4,
    fits: { request: fields => !isList(fields), response: isList }
  },
  { name: 'blocks', service: 'blocks', request: 'BLOCK_REQUEST', response: 'BLOCK_RESPONSE', pairing: 'request_id', count: 200 },
  { name: 'transactions', service: 'transactions', request: 'TX_REQUEST', response: 'TX_RESPONSE', pairing: 'request_id', count: 200 },
  { name: 'votes', service: 'votes', request: 'VOTE_REQUEST', response: 'VOTE_RESPONSE', pairing: 'request_id', count: 200 }
]

const plainId = (name: string): string => `/tos/devnet/plain/${name}/1.0.0`

/** The raw Ed25519 key in a peer id, as headers carry it. */
export const nodeId = ({ peerId }: PeerProcess): string => toHex(peerIdFromString(peerId).publicKey?.raw ?? new Uint8Array(32))

/** Random requests of the other codec, in one stream of the foreign peer: our node answers each under its number, and the codec reads every answer. */
export async function askOurs (codec: CodecProcess, { foreign, tosd }: { readonly foreign: PeerProcess, readonly tosd: PeerProcess }, protocol: PlainProtocol): Promise<void> {
  const { request, response, pairing, count } = protocol
  const asked = await random(codec, request, count, protocol.fits?.request)
  const frames = await Promise.all(asked.map((fields, i) => frame(codec, foreign, request, { ...fields, [pairing]: String(i + 1) })))
  const { received, ended } = await exchange(foreign, tosd, plainId(protocol.name), Buffer.concat(frames))
  assert.equal(ended, 'eof')
  const answers = await Promise.all(split(received).map(bytes => codec.ask<Message>('unframe', { frame: bytes.toString('base64') })))
  assert.deepEqual(answers.map(({ json }) => Number(json[pairing])).toSorted((a, b) => a - b), asked.map((_, i) => i + 1), 'every request has its answer')
  for (const { type, header } of answers) {
    assert.equal(type, response)
    assert.equal(header['node_id'], nodeId(tosd))
  }
}

/** Requests of our node to the foreign peer: the codec reads each, and our node reads the random answer the codec made, field for field. */
export async function askTheirs (codec: CodecProcess, { foreign, tosd }: { readonly foreign: PeerProcess, readonly tosd: PeerProcess }, protocol: PlainProtocol): Promise<void> {
  const { service, request, response, pairing } = protocol
  const ids = { [pairing]: '0' }
  const [[asked], [answer]] = await Promise.all([random(codec, request, 1, protocol.fits?.request), random(codec, response, 1, protocol.fits?.response)]) as [[Fields], [Fields]]
  const id = plainId(protocol.name)
  await foreign.ask('serve', { protocol: id })
  const told = tosd.ask<{ readonly fields: Fields }>('tos-request', { service, peer: foreign.peerId, fields: { ...asked, ...ids } })
  // its failure is reported below, when it is awaited
  told.catch(() => {})
  const { stream } = await foreign.event(({ event, protocol: of }) => event === 'stream' && of === id)
  const got = await codec.ask<Message>('unframe', { frame: (await readFrame(foreign, stream)).toString('base64') })
  assert.equal(got.type, request)
  assert.equal(got.header['node_id'], nodeId(tosd))
  assert.deepEqual({ ...got.json, ...ids }, { ...asked, ...ids })
  const data = await frame(codec, foreign, response, { ...answer, [pairing]: got.json[pairing] })
  await foreign.ask('reply', { stream, data: data.toString('base64'), how: 'keep' })
  assert.deepEqual({ ...(await told).fields, ...ids }, { ...answer, ...ids })
}

/** `count` random messages of the codec's that may stand where they are wanted. */
async function random (codec: CodecProcess, type: string, count: number, fits?: (fields: Fields) => boolean): Promise<readonly Fields[]> {
  const { items } = await codec.ask<{ items: ReadonlyArray<{ json: Fields }> }>('random', { type, count: fits === undefined ? count : count * 10, seed: 11 })
  const fitting = items.map(({ json }) => json).filter(fields => fits?.(fields) ?? true).slice(0, count)
  assert.equal(fitting.length, count)
  return fitting
}

async function frame (codec: CodecProcess, from: PeerProcess, type: string, json: Fields): Promise<Buffer> {
  const header = { node_id: nodeId(from), timestamp: String(Math.floor(Date.now() / 1000)) }
  return Buffer.from((await codec.ask<{ frame: string }>('frame', { type, json, header })).frame, 'base64')
}

/** Bytes cut into frames by the payload length each header gives. */
function split (bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    assert.ok(bytes.length - at >= HEADER_BYTES, 'a whole header')
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 8)
    frames.push(bytes.subarray(at, end))
    at = end
  }
  return frames
}

/** One frame, out of as many pieces as it came in. */
async function readFrame (peer: PeerProcess, stream: unknown): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  while (bytes.length < HEADER_BYTES || bytes.length < HEADER_BYTES + bytes.readUInt32LE(8)) {
    const { data } = await peer.event(({ event, stream: of }) => event === 'data' && of === stream)
    bytes = Buffer.concat([bytes, Buffer.from(String(data), 'base64')])
  }
  return bytes
}
