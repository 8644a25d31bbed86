import type { BlockData, BlockSource, TransactionSource } from '../../protocols/index.ts'
import {
  createBlockRelay, createBlockServer, createMempool, createMiner, createSync, createTemplateDesk, createTransactionRelay, createTransactionServer, merkleRoot, mineHeader, systemClock
} from '../chain/index.ts'
import type { BlockRelay, Ledger, Mempool, Miner, Penalise, Sync, TemplateDesk, TransactionRelay } from '../chain/index.ts'
import type { LightClient } from '../chain/light/light-client.ts'
import type { NodeEventHub } from '../monitor/index.ts'
import { createLightParts } from './light-parts.ts'
import type { NetworkPorts } from './network-ports.ts'

/** Everything that follows from a ledger and a network. */
export interface ChainParts {
  readonly mempool: Mempool
  readonly sync: Sync
  /** Of a light node, where it is the sync as well. */
  readonly light: LightClient | undefined
  readonly blockRelay: BlockRelay
  readonly transactionRelay: TransactionRelay
  readonly miner: Miner
  /** Blocks for miners outside. */
  readonly templates: TemplateDesk
  readonly source: BlockSource & TransactionSource
  dump (): Record<string, Record<string, number>>
  /** Ends miner and sync: what asks the network. */
  rest (): Promise<void>
  /** Ends the relays and the pool: what the network asks. The ledger stays open. */
  stop (): Promise<void>
}

/** What `createChainParts` needs. */
export interface ChainDeps {
  readonly ledger: Ledger
  readonly ports: NetworkPorts
  readonly hub: NodeEventHub
  /** Named as miner of our blocks, 32 bytes. */
  readonly minerKey: Uint8Array
  readonly mineIntervalMs: number
  /** Told of what a peer did wrong; a reputation will set the price. */
  readonly penalise: Penalise
  /** Told of faults of our own (disk), never of a peer's. */
  readonly onError: (error: unknown) => void
}

/** Wires pool, sync, relays, miner and the serving side to one ledger. */
export function createChainParts ({ ledger, ports, hub, minerKey, mineIntervalMs, penalise, onError }: ChainDeps): ChainParts {
  const clock = systemClock
  const mempool = createMempool({ ledger, clock, onError })
  const light = createLightParts({ ledger, ports, hub, clock, penalise })
  const sync = light?.client ?? createSync({
    ledger, client: ports.blocks, clock, penalise, onError,
    onProgress: ({ state, height, target, peer }) => {
      const label = state === 'idle' ? 'finished' : state === 'headers' ? 'started' : 'progress'
      hub.emit({ event: 'sync', state: label, height: Number(height), targetHeight: Number(target), ...(peer === undefined ? {} : { peerId: peer }) })
    },
    // a peer that stopped in the middle of an answer is no fault: the operator hears that it left
    onPeerFailed: (peer, error) => { if (error.code !== 'STREAM_CLOSED') hub.emit({ event: 'warning', code: error.code, message: `sync with ${peer}: ${error.message}` }) }
  })
  const blockRelay = createBlockRelay({ ledger, client: ports.blocks, clock, others: () => ports.subscribers('blockAnnounce'), sync, announcer: ports.announcer, penalise, onError })
  const transactionRelay = createTransactionRelay({ ledger, mempool, client: ports.transactions, clock, others: () => ports.subscribers('txAnnounce'), announcer: ports.announcer, penalise, onError })
  const serveBlocks = createBlockServer(ledger)
  const serveTransactions = createTransactionServer({ ledger, mempool })
  const onBlock = ({ hash }: BlockData): void => { blockRelay.publish(hash).catch(onError) }
  const templates = createTemplateDesk({ ledger, mempool, miner: minerKey, clock, txRoot: merkleRoot, onBlock })
  const miner = createMiner({
    ledger, mempool, miner: minerKey, intervalMs: mineIntervalMs, clock, mine: mineHeader, txRoot: merkleRoot, onError, onBlock
  })
  return {
    light: light?.client, blockRelay: light?.blockRelay(blockRelay) ?? blockRelay, transactionRelay: light?.transactionRelay(transactionRelay) ?? transactionRelay,
    mempool, sync, miner, templates,
    source: {
      blocks: (question, context) => light?.source.blocks(question, context) ?? serveBlocks(question, { signal: context.signal, peer: context.peer.toString() }),
      transactions: (question, { signal }) => serveTransactions(question, { signal })
    },
    dump: () => ({ ledger: ledger.dump(), mempool: mempool.dump(), sync: sync.dump(), blockRelay: blockRelay.dump(), transactionRelay: transactionRelay.dump(), templates: templates.dump() }),
    async rest () {
      await miner.stop()
      await sync.stop()
    },
    async stop () {
      blockRelay.stop()
      transactionRelay.stop()
      await mempool.close()
    }
  }
}
