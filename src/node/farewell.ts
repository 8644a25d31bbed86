import { GOODBYE, GOODBYE_REASON } from '../../protocols/index.ts'
import { plainTwin } from '../protocol/index.ts'
import type { TosNode } from './tos-node.ts'

/** Longest we wait for goodbyes to leave, ms: they are a courtesy. */
const FAREWELL_MS = 500

/** Tells every connected TOS peer that we shut down. Never throws: who does not listen is told by the closing connection. */
export async function sayGoodbye (node: TosNode): Promise<void> {
  const id = plainTwin(`/tos/${node.tos.config.network}/goodbye/1.0.0`)
  const signal = AbortSignal.timeout(FAREWELL_MS)
  await Promise.allSettled(node.getPeers().map(async peer => {
    const { protocols } = await node.peerStore.get(peer)
    if (!protocols.includes(id)) return
    const stream = await node.services.goodbye.open(peer, { signal })
    stream.send(GOODBYE, { reason: GOODBYE_REASON.shutdown, text: '' })
    stream.close()
  }))
}
