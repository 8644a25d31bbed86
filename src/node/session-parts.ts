import type { Connection } from '@libp2p/interface'
import { NODE_TYPE, SERVICE } from '../../protocols/index.ts'
import { isLightLedger } from '../chain/index.ts'
import type { Config } from '../config/index.ts'
import type { TosError } from '../errors/index.ts'
import { createSessions } from '../secure/index.ts'
import type { Hello, Sessions } from '../secure/index.ts'
import { toHex } from '../wire/index.ts'
import { chainServices } from './chain-services.ts'
import type { NodeBase } from './open-base.ts'

/** What the node says of itself in a handshake: claims, which the other side treats as such. */
export function describeNode (config: Pick<Config, 'preset' | 'mine' | 'userAgent'>, { ledger }: Pick<NodeBase, 'ledger'>): Omit<Hello, 'genesis'> {
  const tips = ledger.tips()
  return {
    nodeType: isLightLedger(ledger) ? NODE_TYPE.light : NODE_TYPE[config.preset],
    services: chainServices(ledger) | SERVICE.sealed | SERVICE.pqHybrid | SERVICE.peerExchange | (config.preset === 'light' ? 0n : SERVICE.shareable) | (config.mine ? SERVICE.mining : 0n),
    height: ledger.tip().height,
    tips: tips.map(({ hash }) => hash),
    userAgent: config.userAgent
  }
}

/** The node's sealed sessions: every `/tos/<net>/…` stream runs under one. `refuse` hangs up on a peer. */
export function createNodeSessions (config: Config, base: NodeBase, refuse: (connection: Connection, error: TosError) => void): Sessions {
  const { hub, ledger } = base
  return createSessions({
    network: config.network,
    genesis: ledger.genesis,
    hello: () => describeNode(config, base),
    opened: ({ remotePeer }, { epoch, suite, hello: { userAgent, height, tips } }) => {
      const tip = tips[0]
      hub.emit({ event: 'session', peerId: remotePeer.toString(), epoch, suite, userAgent, height: Number(height), ...(tip === undefined ? {} : { tip: toHex(tip) }) })
    },
    refused: (connection, error) => {
      hub.emit({ event: 'peer-refused', peerId: connection.remotePeer.toString(), code: error.code, message: error.message })
      refuse(connection, error)
    }
  })
}
