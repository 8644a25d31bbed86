import type { PeerId } from '@libp2p/interface'
import { VERSION } from '../../config/index.ts'
import { checkHost, checkNetwork, diagnosis, probeHost, seedNames } from '../../monitor/doctor/index.ts'
import type { NetworkFacts } from '../../monitor/doctor/index.ts'
import type { NodeApi } from '../../monitor/index.ts'
import { ipOf, isPublicIp } from '../../peers/net/index.ts'
import type { TosNode } from '../tos-node.ts'
import { isPublicNetwork } from '../transport/index.ts'
import { ping } from './peers-api.ts'

/** Session peers asked for the time, and how long each may take, ms. */
const CLOCK_PEERS = 5
const CLOCK_MS = 2000

/** The part of the admin API that tells whether the node is well. */
export function createDoctorApi (node: TosNode): Pick<NodeApi, 'doctor'> {
  const { network, dataDir, bootstrap, dhtBootstrap, dnsSeeds } = node.tos.config
  return {
    async doctor (_params, { signal } = {}) {
      const names = seedNames([...bootstrap, ...dhtBootstrap], dnsSeeds)
      const [host, facts] = await Promise.all([probeHost({ version: VERSION, isPublic: isPublicNetwork(network), dataDir, names }), networkFacts(node, signal)])
      return diagnosis(true, [...checkHost(host), ...checkNetwork(facts)])
    }
  }
}

async function networkFacts (node: TosNode, signal: AbortSignal | undefined): Promise<NetworkFacts> {
  const { config: { network, listen, announce, autonat, peers: { min, target } }, kernel } = node.tos
  const known = node.services.addresses.known()
  const open = node.getConnections().filter(({ status }) => status === 'open')
  const peers = node.getPeers()
  const withSession = peers.filter(peer => node.services.session.of(peer) !== undefined)
  return {
    isPublic: isPublicNetwork(network),
    listen: { configured: listen, actual: node.services.addresses.listening() },
    reach: {
      autonat,
      // without autonat nobody verifies: the mark is the library's assumption then
      verified: autonat ? known.filter(({ verified, type, address }) => verified && type !== 'announce' && isPublic(address)).map(({ address }) => address) : [],
      announced: announce.length,
      inboundPublic: open.filter(({ direction, remoteAddr }) => direction === 'inbound' && isPublic(remoteAddr.toString())).length,
      relayed: known.filter(({ address }) => address.includes('/p2p-circuit')).length
    },
    clock: { skewsMs: await skews(node, withSession.slice(0, CLOCK_PEERS), signal), refused: kernel.incidents.counts.get('CLOCK_SKEW') ?? 0 },
    peers: { connected: peers.length, sessions: withSession.length, min, target }
  }
}

/** How far each peer's clock is ahead of ours, ms; peers that do not answer are left out. */
async function skews (node: TosNode, peers: readonly PeerId[], signal: AbortSignal | undefined): Promise<number[]> {
  const timeout = AbortSignal.timeout(CLOCK_MS)
  const until = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  const answers = await Promise.allSettled(peers.map(async peer => {
    const sent = Date.now()
    const { timestamp } = await node.services.tosPing.request(peer, ping(node), { signal: until })
    // the peer rounds down to seconds, and answered half-way
    return Number(timestamp) * 1000 + 500 - (sent + Date.now()) / 2
  }))
  return answers.flatMap(answer => answer.status === 'fulfilled' ? [answer.value] : [])
}

function isPublic (address: string): boolean {
  const ip = ipOf(address)
  return ip !== undefined && isPublicIp(ip)
}
