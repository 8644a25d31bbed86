import { join } from 'node:path'
import type { Connection } from '@libp2p/interface'
import { toTosError } from '../errors/index.ts'
import type { Config } from '../config/index.ts'
import type { TosError } from '../errors/index.ts'
import type { NodeEventHub } from '../monitor/index.ts'
import { createGuard } from '../peers/guard/index.ts'
import type { Guard } from '../peers/guard/index.ts'
import { PREFIX_QUOTAS } from '../peers/net/index.ts'
import type { BudgetRates, PrefixQuota } from '../peers/net/index.ts'
import { MAX_TROUBLE, START } from '../peers/reputation/index.ts'
import { createFileStore } from './file-store.ts'

/** Below zero points a peer leaves the mesh, so what the path may be to blame for (100 at most) costs none. */
const BLAMELESS = START - MAX_TROUBLE
/** Gossip points a peer loses per thousandth below that: at the threshold of a ban that is GossipSub's first threshold, −80. */
const GOSSIP_POINTS = 0.8

/**
 * For libp2p's own protocols; TOS's have limits of their own. A peer in need asks our DHT 41 times a minute (8 nodes that all lack peers, the busiest
 * pair), and pings and identifies itself now and then: seven times that hurts nobody, and half of it may come at once.
 */
const FOREIGN_BUDGETS: BudgetRates = { messages: { count: 300, perMs: 60_000 }, bytes: { count: 1024 * 1024, perMs: 60_000 } }

/** True for protocols of libp2p that nothing else bounds per peer: identify, ping, the DHT (`kad` is its protocol id) and the like. */
export function isForeign (kad: string): (protocol: string) => boolean {
  // gossip is bounded by its decoder, queues and scores; relays carry whole connections and count their bytes; what is mounted has limits
  return id => id === kad || /^\/(?:ipfs|libp2p\/(?:autonat|dcutr))\//.test(id)
}

/** The node's guard, with its bans and scores in the data directory; a damaged file is renamed and told. `hangUp` says why, and closes. */
export function createNodeGuard (config: Config, hub: NodeEventHub, hangUp: (connection: Connection, error: TosError) => void): Guard {
  const files = { bans: createFileStore(join(config.dataDir, 'bans.bin')), reputation: createFileStore(join(config.dataDir, 'reputation.bin')) }
  return createGuard({
    network: config.network,
    profile: config.profile,
    quotas: inboundQuotas(config.profile, config.limits.maxInboundPerIp),
    budgets: FOREIGN_BUDGETS,
    whitelist: config.whitelist,
    minPeers: config.peers.min,
    store: files,
    hangUp,
    onBan: ({ target, reason }) => { hub.emit({ event: 'peer-refused', peerId: target, code: 'BANNED', message: `banned: ${reason}` }) },
    onStorm: ({ offenders, known }) => {
      hub.emit({ event: 'warning', code: 'INTERNAL', message: `${offenders} of ${known} peers would be banned: bans wait, the fault may be ours`, details: { offenders, known } })
    },
    onError ({ code, message }, name) {
      hub.emit({ event: 'warning', code, message: code === 'PEER_FILE_INVALID' ? `${message}; ${aside(files[name])}` : message })
    }
  })
}

/** The profile's quotas with `perIp` connections from one IPv4 address or IPv6 /64; a wider range never holds fewer than that. */
export function inboundQuotas (profile: Config['profile'], perIp: number): PrefixQuota[] {
  const isOneParty = ({ version, bits }: PrefixQuota): boolean => bits === (version === 4 ? 32 : 64)
  return PREFIX_QUOTAS[profile].map(({ version, bits, limit }) => ({ version, bits, limit: isOneParty({ version, bits, limit }) ? perIp : Math.max(limit, perIp) }))
}

/** A peer's reputation in gossip points: standing is earned in the topics, here it can only be lost. */
export function gossipPoints (guard: Pick<Guard, 'score'>): (peer: string) => number {
  return peer => Math.min(0, guard.score(peer) - BLAMELESS) * GOSSIP_POINTS
}

function aside (store: { setAside (): string }): string {
  try {
    return `it is kept as ${store.setAside()}`
  } catch (error) {
    return `it could not be renamed: ${toTosError(error).message}`
  }
}
