import { GOODBYE, GOODBYE_REASON } from '../../protocols/index.ts'
import type { TosNode } from './tos-node.ts'

/** Longest we wait for goodbyes to leave, ms: they are a courtesy. */
const FAREWELL_MS = 500

/** Tells every connected TOS peer that we shut down. Never throws: who does not listen is told by the closing connection. */
export async function sayGoodbye (node: TosNode): Promise<void> {
  const signal = AbortSignal.timeout(FAREWELL_MS)
  const farewells = Promise.allSettled(node.getPeers().map(async peer => {
    const stream = await node.services.goodbye.open(peer, { signal })
    stream.send(GOODBYE, { reason: GOODBYE_REASON.shutdown, text: '' })
    await stream.close()
  }))
  const late = new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
  await Promise.race([farewells, late])
}
