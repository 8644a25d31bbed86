import { blockAnnounce, blocks, consensusVote, goodbye, mining, miningShare, peerExchange, ping, transactions, txAnnounce, txStem, votes } from '../../protocols/index.ts'
import { mountTopic } from './topic-mount.ts'
import type { Kernel } from '../protocol/index.ts'
import type { AnyDefinition } from './load-protocols.ts'
import type { ChainParts } from './chain-parts.ts'
import type { PendingServices } from './pending-services.ts'

/** Factories of the TOS services, by the name they get on the node. Built-in ones and a third party's are mounted by the same calls. */
export function tosServices (kernel: Kernel, chain: ChainParts, pending: PendingServices, onGoodbye: (peer: string, reason: number, text: string) => void) {
  const { source, blockRelay, transactionRelay } = chain
  return {
    tosPing: kernel.mount(ping({ now: Date.now })),
    peerExchange: kernel.mount(peerExchange(pending.peerExchange)),
    blocks: kernel.mount(blocks(source)),
    transactions: kernel.mount(transactions(source)),
    votes: kernel.mount(votes(pending.votes)),
    txStem: kernel.mountStream(txStem(pending.txStem)),
    mining: kernel.mountStream(mining(pending.mining)),
    goodbye: kernel.mountStream(goodbye({ goodbye: ({ reason, text }, peer) => { onGoodbye(peer, reason, text) } })),
    blockAnnounce: mountTopic(kernel, blockAnnounce((announce, { peer }) => blockRelay.validate(announce, peer))),
    txAnnounce: mountTopic(kernel, txAnnounce((announce, { peer }) => transactionRelay.validate(announce, peer))),
    consensusVote: mountTopic(kernel, consensusVote(pending.votes)),
    miningShare: mountTopic(kernel, miningShare(pending.mining))
  }
}

/** Factories for definitions of a third party, mounted exactly like the built-in ones. */
export function customServices (kernel: Kernel, definitions: Readonly<Record<string, AnyDefinition>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, mountAny(kernel, definition)]))
}

function mountAny (kernel: Kernel, definition: AnyDefinition): unknown {
  switch (definition.kind) {
    case 'protocol': return kernel.mount(definition)
    case 'stream': return kernel.mountStream(definition)
    case 'topic': return mountTopic(kernel, definition)
  }
}
