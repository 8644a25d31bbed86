import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { ed25519 } from '@noble/curves/ed25519.js'
import { equalBytes, randomBytes } from '@noble/curves/utils.js'
import { createLibp2p } from 'libp2p'
import { encodeFrame, framesOf, headerOf } from './frame.ts'
import type { Frame, Header } from './frame.ts'
import { dial, listen } from './handshake.ts'
import type { Agreed, Parties } from './handshake.ts'
import { createLink } from './link.ts'
import type { Link } from './link.ts'
import { TYPE, decodeHello, encodeHello, encodePong, nonceOf, reasonOf } from './messages.ts'
import type { Place } from './record.ts'

/** A node of somebody else's making. */
export type Peer = Awaited<ReturnType<typeof createPeer>>

export const now = (): bigint => BigInt(Math.floor(Date.now() / 1000))

/** A libp2p node that speaks sessions and answers PING, and nothing else. */
export async function createPeer ({ net, genesis }: { readonly net: string, readonly genesis: Uint8Array }) {
  const seed = randomBytes(32)
  const nodeId = ed25519.getPublicKey(seed)
  const self = { seed, hello: encodeHello({ genesis, nodeType: 0, services: 0n, height: 0n, tips: [], userAgent: 'independent/1' }) }
  const links = new WeakMap<Connection, PromiseWithResolvers<Link>>()
  const goodbye = Promise.withResolvers<number>()
  const pings: Place[] = []
  const headerFor = (type: number): Header => ({ type, timestamp: now(), nodeId })
  const idOf = (name: string): string => `/tos/${net}/${name}/1.0.0`
  const remoteOf = (connection: Connection): Uint8Array => connection.remotePeer.toMultihash().bytes.slice(6)
  const linkOf = (connection: Connection): PromiseWithResolvers<Link> => {
    const known = links.get(connection) ?? Promise.withResolvers<Link>()
    // whoever waits for the link is told; nobody may be waiting
    known.promise.catch(() => {})
    links.set(connection, known)
    return known
  }
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() }
  })

  function tell (stream: Stream, type: number, payload: Uint8Array): void {
    stream.send(encodeFrame(headerOf(headerFor(type), payload.length), payload))
  }

  async function take (frames: AsyncGenerator<Frame, void>, type: number, from: Uint8Array): Promise<Uint8Array> {
    const { value: frame } = await frames.next()
    if (frame?.type !== type || !equalBytes(frame.nodeId, from)) throw new Error(`not the frame ${type} of its sender, but ${frame?.type}`)
    return frame.payload
  }

  function linkFrom (connection: Connection, agreed: Agreed, dialled: boolean, epoch: number): Link {
    const hello = decodeHello(agreed.remoteHello)
    if (!equalBytes(hello.genesis, genesis)) throw new Error('another genesis')
    return createLink({ connection, remote: remoteOf(connection), hello, agreed, dialled, epoch, headerFor })
  }

  /** Runs the exchange as dialler; epoch 0 is the first of a connection. */
  async function meet (connection: Connection, epoch = 0): Promise<Link> {
    const stream = await connection.newStream(idOf('session'))
    const frames = framesOf(stream)
    const parties: Parties = { net, dialler: nodeId, listener: remoteOf(connection), epoch }
    const { m1, answer } = dial(parties, { x25519Key: randomBytes(32), kemSeed: randomBytes(64) })
    tell(stream, TYPE.M1, m1)
    const { m3, agreed } = answer(await take(frames, TYPE.M2, parties.listener), self)
    tell(stream, TYPE.M3, m3)
    // the listener closes when it has M3: from then on nothing can overtake it
    await stream.close()
    if ((await frames.next()).done !== true) throw new Error('a fourth message')
    return linkFrom(connection, agreed, true, epoch)
  }

  await node.handle(idOf('session'), async (stream, connection) => {
    const frames = framesOf(stream)
    const parties: Parties = { net, dialler: remoteOf(connection), listener: nodeId }
    try {
      const { m2, finish } = listen(parties, await take(frames, TYPE.M1, parties.dialler), { x25519Key: randomBytes(32), randomness: randomBytes(32) }, self)
      tell(stream, TYPE.M2, m2)
      const agreed = finish(await take(frames, TYPE.M3, parties.dialler))
      linkOf(connection).resolve(linkFrom(connection, agreed, false, 0))
      await stream.close()
    } catch (error) {
      linkOf(connection).reject(error)
    }
  })
  await node.handle(idOf('ping'), async (stream, connection) => {
    const sealed = (await linkOf(connection).promise).accept(stream)
    for (;;) {
      const { type, plain, place } = await sealed.next()
      if (type !== TYPE.PING) throw new Error(`no PING but ${type}`)
      pings.push(place)
      sealed.send(TYPE.PONG, encodePong(nonceOf(plain, 0), now()), 'low')
    }
  })
  await node.handle(idOf('goodbye'), async stream => {
    for await (const { payload } of framesOf(stream)) goodbye.resolve(reasonOf(payload))
  })

  return {
    node,
    /** The reason in the first GOODBYE that came. */
    goodbye: goodbye.promise,
    /** Where each PING stood that we answered. */
    pings,
    meet,
    /** Dials and runs the first exchange. Streams that the other side opens use its link as well. */
    async dial (address: string): Promise<Link> {
      const connection = await node.dial(multiaddr(address))
      const link = await meet(connection)
      linkOf(connection).resolve(link)
      return link
    },
    /** The session of a connection that was dialled to us, once it is there. */
    async met (connection: Connection): Promise<Link> { return linkOf(connection).promise },
    /** Opens a stream of that protocol in a session. */
    async open (link: Link, name: string) { return link.open(idOf(name)) },
    address: (): string => node.getMultiaddrs()[0]?.toString() ?? ''
  }
}
