import { blockAnnounce, blocks, consensusVote, goodbye, mining, miningShare, peerExchange, ping, transactions, txAnnounce, txStem, votes } from '../../protocols/index.ts'
import type { GoodbyeService, MiningService, PeerExchangeService, TxStemService, VoteService } from '../../protocols/index.ts'
import { TosError } from '../errors/index.ts'
import { createGossipOptions, mountTopic } from '../gossip/index.ts'
import { topicId } from '../protocol/index.ts'
import type { Kernel, TopicDefinition } from '../protocol/index.ts'
import type { ChainParts } from './chain-parts.ts'
import type { AnyDefinition } from './load-protocols.ts'
import { isPublicNetwork } from './transport/index.ts'

/** Definitions by the name their service gets on the node. */
export type Definitions = Readonly<Record<string, AnyDefinition>>

/** Who decides about votes, shares and stems. */
export interface Deciders {
  readonly votes: VoteService
  readonly shares: MiningService
  readonly stems: TxStemService
}

/** The built-in protocols, streams and topics with the services behind them. They are mounted by the same call as a third party's. */
export function builtinDefinitions ({ source, blockRelay, transactionRelay }: Pick<ChainParts, 'source' | 'blockRelay' | 'transactionRelay'>, { votes: votesHeld, shares, stems }: Deciders, exchange: PeerExchangeService, farewells: GoodbyeService): Definitions {
  return {
    tosPing: ping({ now: Date.now }),
    peerExchange: peerExchange(exchange),
    blocks: blocks(source),
    transactions: transactions(source),
    votes: votes(votesHeld),
    txStem: txStem(stems),
    mining: mining(shares),
    goodbye: goodbye(farewells),
    blockAnnounce: blockAnnounce((announce, { peer, signal }) => blockRelay.validate(announce, peer, signal)),
    txAnnounce: txAnnounce((announce, { peer, signal, alsoFrom }) => transactionRelay.validate(announce, peer, signal, alsoFrom)),
    consensusVote: consensusVote(votesHeld),
    miningShare: miningShare(shares)
  }
}

/** Service factories of all definitions. */
export function mountAll (kernel: Kernel, definitions: Definitions): Record<string, unknown> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, mountAny(kernel, definition)]))
}

/** GossipSub options for the topics among the definitions and the `open` ones; `reputation` in gossip points. Throws `DUPLICATE_PROTOCOL` for an open topic that has a definition. */
export function gossipOptions (network: string, definitions: Definitions, open: readonly string[], reputation: (peer: string) => number): ReturnType<typeof createGossipOptions> {
  const topics = Object.values(definitions).filter((definition): definition is TopicDefinition<unknown> => definition.kind === 'topic')
  for (const topic of topics.map(topic => topicId(topic, network))) if (open.includes(topic)) throw new TosError('DUPLICATE_PROTOCOL', `the topic ${topic} has a definition already`, { hint: 'leave it out of --topic' })
  return createGossipOptions({ network, topics, open, shareLoopback: !isPublicNetwork(network), reputation })
}

function mountAny (kernel: Kernel, definition: AnyDefinition): unknown {
  switch (definition.kind) {
    case 'protocol': return kernel.mount(definition)
    case 'stream': return kernel.mountStream(definition)
    case 'topic': return mountTopic(kernel, definition)
  }
}
