import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2p } from '@libp2p/interface'
import { HEADER_BYTES, HEADER_OFFSET } from '../../src/frame/index.ts'
import type { FrameCodec } from '../../src/frame/index.ts'
import { encodePayload } from '../../src/protocol/index.ts'
import { createEpoch } from '../../src/secure/epoch.ts'
import type { Epoch } from '../../src/secure/epoch.ts'
import { helloSchema } from '../../src/secure/hello.ts'
import { createNodeCrypto } from '../../src/secure/node-crypto.ts'
import { createSealedCodec } from '../../src/secure/sealed-codec.ts'
import { encode } from '../../src/wire/index.ts'
import { GOOD_HELLO } from './handshake-pair.ts'
import { hostileDialler } from './hostile-handshake.ts'
import { dial, ECHO_ID, echo, openByHand, seedOf } from './sealed-net.ts'
import type { HandStream, SealedNet, SealedNode } from './sealed-net.ts'
import { seal } from './sealed-pair.ts'

/** A stream of the echo, written by hand with the right keys. */
export interface SealedByHand extends HandStream {
  readonly codec: FrameCodec
  /** A whole sealed request, not sent. */
  request (text: string): Uint8Array
  /** The next whole frame that came back, as it was on the wire. */
  answer (): Promise<Uint8Array>
}

/** A peer that has a session with `victim` and every key of it, and keeps to no rule. */
export interface HandSession {
  readonly node: Libp2p
  readonly connection: Connection
  readonly epoch: Epoch
  open (): Promise<SealedByHand>
}

const crypto = createNodeCrypto()

export async function handSession (net: SealedNet, victim: SealedNode): Promise<HandSession> {
  const key = await generateKeyPair('Ed25519')
  const { node } = await net.plain(key)
  const connection = await dial({ node }, victim)
  const parties = { network: 'devnet', dialler: node.peerId.toMultihash().bytes, listener: victim.node.peerId.toMultihash().bytes, epoch: 0 }
  const dialler = hostileDialler(crypto, parties, seedOf(key), encode(helloSchema, GOOD_HELLO))
  const stream = await openByHand(connection, { node })
  stream.frame({ type: 0x7f01, payload: dialler.m1 })
  const { m3, keys } = dialler.finish((await stream.next()).payload)
  stream.frame({ type: 0x7f03, payload: m3 })
  await stream.ended
  const epoch = createEpoch(crypto, 'dialler', 0, keys, 0)
  return {
    node, connection, epoch,
    async open () {
      const made = await openByHand(connection, { node }, ECHO_ID)
      const ignore = (): void => {}
      const host = { current: () => epoch, epoch: () => epoch, used: ignore, joined: ignore, broken: ignore }
      const codec = createSealedCodec({ host, opened: true, local: key.publicKey.raw, remote: victim.node.peerId.publicKey?.raw as Uint8Array, now: Date.now })
      let held: Buffer = Buffer.alloc(0)
      let wake = (): void => {}
      made.stream.addEventListener('message', ({ data }) => { held = Buffer.concat([held, ...(data instanceof Uint8Array ? [data] : data)]); wake() })
      return {
        ...made, codec,
        request: text => seal(codec, echo.request.type, encodePayload(echo.request.type, { requestId: 1n, more: false, body: { text } })),
        async answer () {
          const whole = (): number => held.length < HEADER_BYTES ? Infinity : HEADER_BYTES + held.readUInt32LE(HEADER_OFFSET.length)
          while (held.length < whole()) await new Promise<void>(resolve => { wake = resolve })
          const frame = held.subarray(0, whole())
          held = held.subarray(frame.length)
          return frame
        }
      }
    }
  }
}
