import type { Connection, IdentifyResult, Peer, PeerId } from '@libp2p/interface'
import { GOODBYE_REASON } from '../../protocols/index.ts'
import type { LedgerEvents } from '../chain/index.ts'
import type { NodeEventHub } from '../monitor/index.ts'
import { toHex } from '../wire/index.ts'
import { foreignNetwork, wrongNetwork } from './foreign-network.ts'
import { goodbyeReason, refusePeer } from './refuse-peer.ts'
import type { TosNode } from './tos-node.ts'

const REASONS: ReadonlyMap<number, string> = new Map(Object.entries(GOODBYE_REASON).map(([name, code]) => [code, name]))

/** A GOODBYE in words. */
export function goodbyeText (reason: number, text: string): string {
  const name = REASONS.get(reason) ?? `reason ${reason}`
  return text === '' ? name : `${name}: ${text}`
}

/** What a peer said when it left, by peer; taken out when it is told. */
export interface Goodbyes {
  get (peer: string): string | undefined
  delete (peer: string): boolean
}

/** Feeds the event hub and the sync from what happens on the node. Returns the function that takes all listeners off. */
export async function watchNode (node: TosNode, hub: NodeEventHub, goodbyes: Goodbyes, minerKey: Uint8Array): Promise<() => Promise<void>> {
  const { ledger, sync, config, kernel, imports } = node.tos
  const opened = ({ detail }: CustomEvent<Connection>): void => {
    hub.emit({ event: 'peer-connected', peerId: detail.remotePeer.toString(), addr: detail.remoteAddr.toString(), direction: detail.direction })
  }
  const left = ({ detail }: CustomEvent<PeerId>): void => {
    const peerId = detail.toString()
    const reason = goodbyes.get(peerId)
    goodbyes.delete(peerId)
    hub.emit({ event: 'peer-disconnected', peerId, ...(reason === undefined ? {} : { reason }) })
    sync.removePeer(peerId)
  }
  const identified = ({ detail }: CustomEvent<IdentifyResult>): void => {
    const other = foreignNetwork(detail, config.network)
    if (other === undefined) return
    const error = wrongNetwork(other, config.network)
    hub.emit({ event: 'peer-refused', peerId: detail.peerId.toString(), code: error.code, message: error.message })
    // whoever dialled: it is of that network for as long as it lives
    node.tos.connector.parted(detail.peerId.toString(), goodbyeReason(error.code))
    void refusePeer(detail.connection, node.peerId, other, error)
  }
  // what a sync or an import brings is told by their own progress
  const onBlock = ({ detail: { block, header } }: LedgerEvents['block']): void => {
    const mined = toHex(header.miner) === toHex(minerKey)
    // our own say nothing about what peers keep from us
    if (!mined) node.tos.connector.newBlock()
    if (!mined && (imports.running > 0 || sync.progress().state !== 'idle')) return
    hub.emit({ event: 'block', hash: toHex(block.hash), height: Number(block.height), transactions: block.transactions.length, origin: mined ? 'mined' : 'peer' })
  }
  const onTip = ({ detail: { tip, reorganised } }: LedgerEvents['tip']): void => {
    hub.emit({ event: 'tip', hash: toHex(tip.hash), height: Number(tip.height), reorganised })
  }
  node.addEventListener('connection:open', opened)
  node.addEventListener('peer:disconnect', left)
  node.addEventListener('peer:identify', identified)
  ledger.addEventListener('block', onBlock)
  ledger.addEventListener('tip', onTip)
  // libp2p tells about every connected peer that offers blocks, once identify has said so; not about those it knew before we asked
  const ids = kernel.idsOf('/tos/{net}/blocks/1.0.0')
  const serves = ({ id, protocols }: Peer): boolean => ids.some(wanted => protocols.includes(wanted)) && node.getConnections(id).length > 0
  const topologies = await Promise.all(ids.map(id => node.register(id, {
    onConnect: peer => { sync.addPeer(peer.toString()) },
    // a peer that takes back one of its forms may still offer the other
    async onDisconnect (peer) {
      if (!await node.peerStore.get(peer).then(serves, () => false)) sync.removePeer(peer.toString())
    }
  })))
  for (const peer of await node.peerStore.all()) if (serves(peer)) sync.addPeer(peer.id.toString())
  return async () => {
    for (const topology of topologies) node.unregister(topology)
    node.removeEventListener('connection:open', opened)
    node.removeEventListener('peer:disconnect', left)
    node.removeEventListener('peer:identify', identified)
    ledger.removeEventListener('block', onBlock)
    ledger.removeEventListener('tip', onTip)
  }
}
