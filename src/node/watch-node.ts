import type { Connection, PeerId } from '@libp2p/interface'
import type { NodeEventHub } from '../monitor/index.ts'
import { plainTwin } from '../protocol/index.ts'
import { toHex } from '../wire/index.ts'
import type { TosNode } from './tos-node.ts'

/** Feeds the event hub and the sync from what happens on the node. Returns the function that takes all listeners off. */
export async function watchNode (node: TosNode, hub: NodeEventHub): Promise<() => Promise<void>> {
  const { ledger, sync, config } = node.tos
  const opened = ({ detail }: CustomEvent<Connection>): void => {
    hub.emit({ event: 'peer-connected', peerId: detail.remotePeer.toString(), addr: detail.remoteAddr.toString(), direction: detail.direction })
  }
  const left = ({ detail }: CustomEvent<PeerId>): void => {
    hub.emit({ event: 'peer-disconnected', peerId: detail.toString() })
    sync.removePeer(detail.toString())
  }
  const onTip = ({ detail: { tip, reorganised } }: CustomEvent<{ readonly tip: { readonly hash: Uint8Array, readonly height: bigint }, readonly reorganised: number }>): void => {
    hub.emit({ event: 'tip', hash: toHex(tip.hash), height: Number(tip.height), reorganised })
  }
  node.addEventListener('connection:open', opened)
  node.addEventListener('peer:disconnect', left)
  ledger.addEventListener('tip', onTip)
  // libp2p tells about every connected peer that offers blocks, once identify has said so
  const id = plainTwin(`/tos/${config.network}/blocks/1.0.0`)
  const topology = await node.register(id, { onConnect: peer => { sync.addPeer(peer.toString()) }, onDisconnect: peer => { sync.removePeer(peer.toString()) } })
  return async () => {
    node.unregister(topology)
    node.removeEventListener('connection:open', opened)
    node.removeEventListener('peer:disconnect', left)
    ledger.removeEventListener('tip', onTip)
  }
}
