import { peerIdFromString } from '@libp2p/peer-id'
import { createHeaderChain, createLightClient, fromHex, SERVICE, systemClock, toHex } from '../../../src/browser.ts'
import type { SessionInfo } from '../../../src/browser.ts'
import type { LightServices } from './light-client.ts'

/** What a light client needs of the page's node. */
type Services = LightServices & { readonly session: { of (peer: ReturnType<typeof peerIdFromString>): SessionInfo | undefined } }

/** A light client in the page: `follow` begins it, all answers are JSON, and `show` writes on the page what a screenshot is to tell. */
export function followChain (network: string, services: Services) {
  const chain = createHeaderChain({ network, now: Date.now })
  const lies: string[] = []
  const light = createLightClient({
    chain, clock: systemClock, options: { intervalMs: 500 },
    blocks: { request: async (peer, question, options) => services.blocks.request(peerIdFromString(peer), question, options) },
    transactions: { request: async (peer, question, options) => services.transactions.request(peerIdFromString(peer), question, options) },
    serves: peer => ((services.session.of(peerIdFromString(peer))?.hello.services ?? 0n) & SERVICE.lightServer) !== 0n,
    onLie: (peer, { code, message }) => { lies.push(`${code} by ${peer}: ${message}`) }
  })
  return {
    follow (peers: readonly string[]) {
      light.start()
      for (const peer of peers) light.addPeer(peer)
    },
    followed: () => ({ height: Number(chain.tip().height), tip: toHex(chain.tip().hash), headers: chain.size, bytes: chain.bytes, agreeing: light.agreeing(), lies }),
    /** `refused` holds the code when nobody's proof held. */
    async prove (id: string) {
      try {
        const { blockHeight, index, confirmations, agreed, liars } = await light.prove(fromHex(id, 32))
        return { height: Number(blockHeight), index, confirmations: Number(confirmations), agreed, liars, refused: undefined }
      } catch (error) {
        return { height: 0, index: 0, confirmations: 0, agreed: [], liars: [], refused: (error as { code?: string }).code }
      }
    },
    show (lines: readonly string[]) {
      (globalThis as unknown as { document: { body: { innerText: string } } }).document.body.innerText = lines.join('\n')
    },
    unfollow: () => light.stop()
  }
}
