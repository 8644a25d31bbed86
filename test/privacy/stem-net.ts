import { createTosNode } from '../../src/index.ts'
import type { TosNode } from '../../src/index.ts'
import type { CoverTraffic } from '../../src/gossip/stem/index.ts'
import { createTransactionSigner } from '../../src/chain/index.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import { until } from '../support/until.ts'
import { createRecordingLogger } from './recording-logger.ts'

/** A node whose stem phase runs on a clock of its own, and everything it ever logged or told. */
export interface Watched {
  readonly node: TosNode
  readonly clock: VirtualClock
  readonly logs: string[]
  readonly events: unknown[]
  /** Gossip messages that came, as bytes. */
  readonly gossip: Uint8Array[]
}

export interface StemNet {
  start (options?: { readonly coverTraffic?: CoverTraffic, readonly random?: () => number }): Promise<Watched>
  stop (): Promise<void>
}

/** Nodes on loopback that dial only whom a test tells them to. Without `random` they neither fluff in their epoch nor end an embargo before 27 s. */
export function createStemNet (): StemNet {
  const nodes: TosNode[] = []
  return {
    async start ({ coverTraffic = 'off', random = () => 0.5 } = {}) {
      const clock = createVirtualClock()
      const logs: string[] = []
      const events: unknown[] = []
      const gossip: Uint8Array[] = []
      const node = await createTosNode({
        network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, coverTraffic,
        // neither the topology nor a DHT may dial others: a stem would take that way
        peers: { min: 0, target: 0, staleTipMs: 3_600_000 }, kadProtocol: `/alone/${nodes.length}/kad/1.0.0`,
        stemTime: { clock, random }, logger: createRecordingLogger(logs)
      })
      nodes.push(node)
      node.tos.events.subscribe(event => { events.push(event) })
      node.services.pubsub.addEventListener('gossipsub:message', ({ detail }) => { gossip.push(detail.msg.data) })
      return { node, clock, logs, events, gossip }
    },
    async stop () { await Promise.all(nodes.map(node => node.stop())) }
  }
}

/** `from` dials `to`; returns when they share a session and, both ways, the topic of transactions. */
export async function link ({ node: from }: Watched, { node: to }: Watched): Promise<void> {
  const subscribes = (node: TosNode, other: TosNode): boolean => node.services.txAnnounce.subscribers().includes(other.peerId.toString())
  let dialling = false
  await until(() => {
    // a busy machine may miss the time a handshake has
    if (!dialling && from.getConnections(to.peerId).length === 0) {
      dialling = true
      from.dial(to.getMultiaddrs()).catch(() => {}).finally(() => { dialling = false })
    }
    return from.services.session.of(to.peerId) !== undefined && to.services.session.of(from.peerId) !== undefined && subscribes(from, to) && subscribes(to, from)
  })
}

/** A signed transaction of this node with a privacy level. */
export function signed ({ node }: Watched, privacyLevel: number, body = 'private words'): Uint8Array {
  const { privateKey, config } = node.tos
  const { sender, sign } = createTransactionSigner(privateKey.raw.subarray(0, 32), config.network)
  return sign({ nonce: node.tos.nextNonce(sender), fee: 10n, priority: 0, privacyLevel, energyUsed: 0n, body: Buffer.from(body) })
}
