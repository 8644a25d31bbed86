import { randomInt } from 'node:crypto'
import type { Connection, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { TosError } from '../errors/index.ts'
import type { NodeEventHub } from '../monitor/index.ts'
import { createLiveness, livenessRules } from '../peers/measures/index.ts'
import type { PeerMeasures } from '../peers/measures/index.ts'
import { ping as ownWords } from './api/peers-api.ts'
import { goodbyeReason, refusePeer } from './refuse-peer.ts'
import type { TosNode } from './tos-node.ts'

/** What `keepAlive` feeds. */
export interface KeepAliveDeps {
  readonly measures: PeerMeasures
  readonly hub: NodeEventHub
  /** We part with a peer: it is left alone for as long as this GOODBYE asks for. */
  readonly parted: (peer: string, reason: number) => void
}

/** Pings every peer that has a session with us, measures it, and parts with who stops answering. Never dials. Returns what ends it. */
export function keepAlive (node: TosNode, { measures, hub, parted }: KeepAliveDeps): () => void {
  const { session, tosPing } = node.services
  const { guard, config } = node.tos
  const open = (peer: PeerId): Connection[] => node.getConnections(peer).filter(({ status }) => status === 'open')
  const stands = (peer: PeerId): boolean => open(peer).some(connection => session.of(connection) !== undefined)

  const ask = async (peer: PeerId, timeoutMs: number, signal: AbortSignal): Promise<number> => {
    // a request would dial
    if (!stands(peer)) throw new TosError('NO_SESSION', 'the connection is gone')
    const start = performance.now()
    await tosPing.request(peer, ownWords(node), { timeoutMs, signal })
    return performance.now() - start
  }
  const liveness = createLiveness({
    measures,
    rules: livenessRules(config.peers.pingIntervalMs),
    clock: () => performance.now(),
    random: () => randomInt(2 ** 32) / 2 ** 32,
    lagMs: guard.lagMs,
    schedule (run, ms) {
      const timer = setTimeout(run, ms).unref()
      return () => { clearTimeout(timer) }
    },
    async ping (name, { first, timeoutMs, signal }) {
      const peer = peerIdFromString(name)
      try {
        // the first one opens the stream: what it takes is no round trip
        if (first) await ask(peer, timeoutMs, signal)
        return await ask(peer, timeoutMs, signal)
      } catch (error) {
        if (!stands(peer)) throw new TosError('NO_SESSION', 'the connection went meanwhile', { cause: error })
        throw error
      }
    },
    missed: peer => { guard.record(peer, 'slow_response') },
    part (name, { misses, othersAnswer }) {
      const error = new TosError('TIMEOUT', `no answer to ${misses} pings`)
      hub.emit({ event: 'peer-refused', peerId: name, code: error.code, message: error.message })
      // when nobody answers, our own network may be what failed: then it is a lost connection, and tried again in seconds
      if (othersAnswer) parted(name, goodbyeReason(error.code))
      for (const connection of open(peerIdFromString(name))) void refusePeer(connection, node.peerId, config.network, error)
    }
  })

  const watch = (connection: Connection): void => {
    session.ready(connection).then(() => {
      if (connection.status !== 'open') return
      const peer = connection.remotePeer.toString()
      measures.connected(peer)
      liveness.add(peer)
    }, () => {
      // a plain libp2p node, or one that the session itself refuses, and tells
    })
  }
  const opened = ({ detail }: CustomEvent<Connection>): void => { watch(detail) }
  const left = ({ detail }: CustomEvent<PeerId>): void => {
    const peer = detail.toString()
    liveness.remove(peer)
    measures.disconnected(peer)
  }
  node.addEventListener('connection:open', opened)
  node.addEventListener('peer:disconnect', left)
  for (const connection of node.getConnections()) if (connection.status === 'open') watch(connection)
  return () => {
    node.removeEventListener('connection:open', opened)
    node.removeEventListener('peer:disconnect', left)
    liveness.stop()
  }
}
