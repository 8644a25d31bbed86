import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { sha256 } from '@noble/hashes/sha2.js'
import { createLibp2p } from 'libp2p'
import { blocks, createKernel, createSessions, fromHex, ping as tosPing, toHex, TosError, transactions } from '../../../src/browser.ts'
import { followChain } from './follow-chain.ts'
import { verifyTransactions } from './light-client.ts'

/** What the test calls in the page; everything that crosses is JSON. */
export type Page = Awaited<ReturnType<typeof start>>

const NETWORK = 'devnet'
const MESSAGE_ID_BYTES = 20
const serves = (): never => { throw new TosError('UNAVAILABLE', 'a page has no chain') }

/** A stock js-libp2p node of a browser, with the sealed protocols of our browser entry mounted on it. */
async function start (genesis: string) {
  const sessions = createSessions({ network: NETWORK, genesis: fromHex(genesis, 32), hello: () => ({ nodeType: 1, services: 0n, height: 0n, tips: [], userAgent: 'page/1' }) })
  const kernel = createKernel({ network: NETWORK, sessions })
  const messages: Array<{ readonly topic: string, readonly data: string }> = []
  const node = await createLibp2p({
    transports: [webSockets(), webRTCDirect()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // in a browser the default refuses addresses of this machine
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipsub({
        globalSignaturePolicy: 'StrictNoSign',
        allowPublishToZeroTopicPeers: true,
        msgIdFn: ({ topic, data }) => sha256(Uint8Array.of(...new TextEncoder().encode(topic), 0, ...data)).subarray(0, MESSAGE_ID_BYTES)
      }) as unknown as (components: object) => GossipSub,
      session: sessions.service,
      tosPing: kernel.mount(tosPing({ now: Date.now })),
      blocks: kernel.mount(blocks({ blocks: serves })),
      transactions: kernel.mount(transactions({ transactions: serves }))
    }
  })
  const { pubsub } = node.services
  pubsub.addEventListener('gossipsub:message', ({ detail: { msg: { topic, data } } }) => { messages.push({ topic, data: toHex(data) }) })
  const identified = new Map<string, { readonly agent: string | undefined, readonly signed: boolean }>()
  node.addEventListener('peer:identify', ({ detail: { connection, agentVersion, signedPeerRecord } }) => {
    identified.set(connection.id, { agent: agentVersion, signed: signedPeerRecord !== undefined })
  })
  const connectionTo = (peer: string) => {
    const [connection] = node.getConnections(peerIdFromString(peer))
    if (connection === undefined) throw new Error(`not connected to ${peer}`)
    return connection
  }
  return {
    peerId: node.peerId.toString(),
    messages: () => messages,
    async dial (address: string) {
      const { encryption, multiplexer, remoteAddr } = await node.dial(multiaddr(address))
      return { encryption, multiplexer, remoteAddr: remoteAddr.toString() }
    },
    hangUp: (peer: string) => node.hangUp(peerIdFromString(peer)),
    /** What identify brought on the connection that stands; undefined before it did. */
    identified: (peer: string) => identified.get(connectionTo(peer).id),
    ping: (peer: string) => node.services.ping.ping(peerIdFromString(peer)),
    subscribe (topic: string) { pubsub.subscribe(topic) },
    subscribers: (topic: string) => pubsub.getSubscribers(topic).map(String),
    async publish (topic: string, data: string) {
      const { recipients } = await (pubsub as unknown as { publish (topic: string, data: Uint8Array): Promise<{ readonly recipients: readonly unknown[] }> }).publish(topic, fromHex(data))
      return recipients.length
    },
    async session (peer: string) {
      const { role, suite, hello } = await node.services.session.ready(connectionTo(peer))
      return { role, suite, userAgent: hello.userAgent, tip: hello.tips.map(tip => toHex(tip)) }
    },
    async tosPing (peer: string) {
      const { timestamp } = await node.services.tosPing.request(peerIdFromString(peer), { userAgent: 'page/1', services: 0n, timestamp: BigInt(Math.floor(Date.now() / 1000)) })
      return Number(timestamp)
    },
    ...followChain(NETWORK, node.services),
    verifyTransactions: (peer: string, block: string, hashes: readonly string[]) => verifyTransactions(node.services, peerIdFromString(peer), fromHex(block, 32), hashes.map(hash => fromHex(hash, 32)))
  }
}

Object.assign(globalThis, { startPage: start })
