import { defineMessage, defineProtocol } from '../../src/protocol/index.ts'
import type { MessageType, ProtocolDefinition, RequestContext } from '../../src/protocol/index.ts'
import { refine } from '../../src/wire/index.ts'
import { PEER_EXCHANGE } from './messages.ts'
import type { PeerExchange, PeerRecord } from './messages.ts'

/** Decides which peers to tell, and what to do with those told. */
export interface PeerExchangeService {
  /** Records for a peer that asked, at most `max`. */
  sample (max: number, context: RequestContext): PeerRecord[] | Promise<PeerRecord[]>
  /** Records a peer sent without being asked: hints until a dial proves their keys. */
  received (peers: readonly PeerRecord[], context: RequestContext): void
}

export type PeerExchangeProtocol = ProtocolDefinition<Omit<PeerExchange, 'requestId'>, Omit<PeerExchange, 'requestId'>>

/** A request for at most `maxPeers` records (1..16). */
export function askForPeers (maxPeers: number): Omit<PeerExchange, 'requestId'> {
  return { isResponse: false, maxPeers, peers: [] }
}

// one type serves both directions, so each end also checks which of the two it got
const request = onlyIf(({ isResponse, requestId }) => !isResponse || requestId === 0n ? undefined : `list ${requestId} was not asked for on this stream`)
const response = onlyIf(({ isResponse }) => isResponse ? undefined : 'a request came back as an answer')

function onlyIf (check: (message: PeerExchange) => string | undefined): MessageType<PeerExchange> {
  const { name, code, tag, schema, maxBytes, privacy } = PEER_EXCHANGE
  return defineMessage({ name, code, maxBytes, privacy, schema: refine(schema, check), ...(tag === undefined ? {} : { tag }) })
}

/** PEER_EXCHANGE: ask for peers, answer from a sample, or tell some unasked with id 0. */
export function peerExchange (service: PeerExchangeService): PeerExchangeProtocol {
  return defineProtocol({
    id: '/tos/{net}/peer-exchange/1.0.0',
    messages: { request, response, correlate: 'requestId' },
    limits: { perPeer: { count: 12, perMs: 60_000 }, timeoutMs: 10_000 },
    overRelay: true,
    unsolicited: ({ peers }, context) => { service.received(peers, context) },
    async handle (message, context) {
      if (message.isResponse) {
        service.received(message.peers, context)
        return undefined
      }
      const peers = await service.sample(message.maxPeers, context)
      return { isResponse: true, maxPeers: 0, peers: peers.slice(0, message.maxPeers) }
    }
  })
}
