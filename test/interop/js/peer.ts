import { createHash } from 'node:crypto'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { dcutr } from '@libp2p/dcutr'
import { identify } from '@libp2p/identify'
import type { PrivateKey } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions } from 'libp2p'
import { runControl } from '../harness/control.ts'
import type { ControlPeer } from '../harness/control/control-peer.ts'
import { gossipControl } from '../harness/control/gossip-control.ts'
import { loadOptional } from '../harness/control/load-optional.ts'
import type { PeerConfig, SecurityName, TransportName } from '../harness/peer-config.ts'
import { versionsOf } from '../harness/versions.ts'

/** A stock js-libp2p node: none of our code but the control loop. */
async function start (config: PeerConfig): Promise<ControlPeer> {
  const { kad, gossip, relay, psk } = config
  const node = await createLibp2p({
    privateKey: await identity(config),
    nodeInfo: { userAgent: 'js-libp2p' },
    addresses: { listen: [...config.listen], announce: [...config.announce ?? []] },
    transports: [...await all(config.transports, transportOf), ...(relay?.client === true ? [circuitRelayTransport()] : [])] as NonNullable<Libp2pOptions['transports']>,
    connectionEncrypters: await all(config.security, securityOf) as NonNullable<Libp2pOptions['connectionEncrypters']>,
    streamMuxers: [yamux()],
    ...(psk === undefined ? {} : { connectionProtector: await protector(psk) }),
    // the defaults refuse a swarm on one host
    connectionManager: { inboundConnectionThreshold: 10_000, maxIncomingPendingConnections: 1_000 },
    services: {
      identify: identify(),
      ping: ping(),
      ...(kad == null ? {} : { dht: kadDHT({ protocol: kad.protocol, clientMode: kad.mode === 'client', peerInfoMapper: passthroughMapper }) }),
      ...(gossip == null ? {} : { pubsub: gossipsub(gossipOptions()) }),
      ...(relay?.client === true && config.holePunching === true ? { dcutr: dcutr() } : {}),
      ...(relay?.server === true ? { relayServer: circuitRelayServer() } : {})
    }
  } as unknown as Libp2pOptions)
  const services = node.services as unknown as ControlPeer & { readonly pubsub?: GossipSub }
  return {
    node, identify: services.identify, ping: services.ping,
    ...(services.dht === undefined ? {} : { dht: services.dht }),
    ...(services.pubsub === undefined ? {} : { gossip: gossipControl(services.pubsub) }),
    versions: versionsOf('libp2p', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@chainsafe/libp2p-gossipsub', '@libp2p/kad-dht')
  }
}

async function identity ({ seed, keyType = 'ed25519' }: PeerConfig): Promise<PrivateKey> {
  if (keyType === 'rsa') return await generateKeyPair('RSA', 2048)
  if (keyType === 'secp256k1') return await generateKeyPair('secp256k1')
  return seed === undefined ? await generateKeyPair('Ed25519') : await generateKeyPairFromSeed('Ed25519', Buffer.from(seed, 'hex'))
}

const all = <N, T>(names: readonly N[], load: (name: N) => T | Promise<T>): Promise<T[]> => Promise.all(names.map(name => load(name)))

async function transportOf (name: TransportName): Promise<unknown> {
  switch (name) {
    case 'tcp': return tcp()
    case 'ws': return webSockets()
    case 'quic': return (await loadOptional('@chainsafe/libp2p-quic', name))['quic']?.()
    case 'webrtc-direct': return (await loadOptional('@libp2p/webrtc', name))['webRTCDirect']?.()
  }
}

async function securityOf (name: SecurityName): Promise<unknown> {
  return name === 'noise' ? noise() : (await loadOptional('@libp2p/tls', name))['tls']?.()
}

async function protector (psk: string): Promise<unknown> {
  const key = `/key/swarm/psk/1.0.0/\n/base16/\n${psk}`
  return (await loadOptional('@libp2p/pnet', 'psk'))['preSharedKey']?.({ psk: new TextEncoder().encode(key) })
}

/** The network's gossip: nobody signs, and a message is named by its topic and bytes. */
function gossipOptions (): Parameters<typeof gossipsub>[0] {
  return {
    globalSignaturePolicy: 'StrictNoSign',
    allowPublishToZeroTopicPeers: true,
    // many nodes on one host are no attack here
    scoreParams: { IPColocationFactorWhitelist: new Set(['127.0.0.1']) },
    msgIdFn: ({ topic, data }) => createHash('sha256').update(`${topic}\0`).update(data).digest().subarray(0, 20)
  }
}

await runControl(start)
