import type { BlockSource } from '../../protocols/index.ts'
import { BLOCK_STATUS } from '../../protocols/index.ts'
import { createLightClient, isLightLedger } from '../chain/index.ts'
import type { BlockRelay, Clock, Ledger, LightClient, Penalise, TransactionRelay } from '../chain/index.ts'
import type { NodeEventHub } from '../monitor/index.ts'
import type { NetworkPorts } from './network-ports.ts'

/** What a light node does in place of a full one. */
export interface LightParts {
  readonly client: LightClient
  /** Refuses every question: what is held here others hold as well, with the bodies. */
  readonly source: BlockSource
  /** Announcements only say where to look: what was not checked whole is not passed on. */
  blockRelay (full: BlockRelay): BlockRelay
  /** Without accounts no transaction of others can be judged. */
  transactionRelay (full: TransactionRelay): TransactionRelay
}

export interface LightPartsDeps {
  readonly ledger: Ledger
  readonly ports: NetworkPorts
  readonly hub: NodeEventHub
  readonly clock: Clock
  readonly penalise: Penalise
}

/** The parts of a light node; undefined when the ledger holds bodies. */
export function createLightParts ({ ledger, ports, hub, clock, penalise }: LightPartsDeps): LightParts | undefined {
  if (!isLightLedger(ledger)) return undefined
  const client = createLightClient({
    chain: ledger.chain, blocks: ports.blocks, transactions: ports.transactions, clock, serves: ports.servesLight, penalise,
    onHeaders: news => { ledger.headersAdded(news) },
    onLie: (peer, { code, message }) => { hub.emit({ event: 'warning', code, message: `${peer}: ${message}` }) },
    onProgress: ({ state, height, target }) => { hub.emit({ event: 'sync', state: state === 'idle' ? 'finished' : 'progress', height: Number(height), targetHeight: Number(target) }) }
  })
  return {
    client,
    source: { blocks: () => ({ status: BLOCK_STATUS.pruned, blocks: [], notFound: [], hasMore: false }) },
    blockRelay: full => ({
      ...full,
      async validate ({ blockHash, blockHeight }, from) {
        if (!ledger.has(blockHash)) client.want(from, blockHeight)
        return 'ignore'
      }
    }),
    transactionRelay: full => ({ ...full, validate: async () => 'ignore' })
  }
}
