import { peerIdFromString } from '@libp2p/peer-id'
import { createReferenceLedger, createSync, generateChain, systemClock } from '../../../src/chain/index.ts'
import type { Ledger } from '../../../src/chain/index.ts'
import { toHex } from '../../../src/wire/index.ts'
import { startCrowd } from './crowd.ts'
import type { Manner } from './crowd.ts'

/** A private network whose hashes meet its difficulty at once. */
const CHAIN = { network: 'attack-chain', difficulty: 1n } as const

/** One sync of an empty node among nine others. */
export interface CrowdRun {
  readonly seconds: number
  /** The tip it came to is that of the honest. */
  readonly sameTip: boolean
  /** Peers charged, by manner. */
  readonly charged: Readonly<Record<Manner, number>>
}

export const HONEST: readonly Manner[] = Array.from({ length: 9 }, () => 'honest')
/** Two liars and one that stalls; the rest of the nine is honest. */
export const MIXED: readonly Manner[] = ['liar', 'stalled', 'liar', ...HONEST.slice(3)]

/** A chain in memory. */
export async function madeChain (blocks: number, transactionsPerBlock: number): Promise<Ledger> {
  const ledger = await createReferenceLedger(CHAIN)
  for await (const block of generateChain({ ...CHAIN, blocks, transactionsPerBlock })) await ledger.add(block)
  return ledger
}

/** Lets an empty node sync `source` from nine real nodes over sealed TCP. */
export async function syncAmong (source: Ledger, manners: readonly Manner[], timeoutMs = 60_000): Promise<CrowdRun> {
  const { node, peers, stop } = await startCrowd(source, manners)
  const ledger = await createReferenceLedger(CHAIN)
  const charged = { honest: 0, liar: 0, stalled: 0 }
  const reached = Promise.withResolvers<void>()
  const wanted = toHex(source.tip().hash)
  ledger.addEventListener('tip', ({ detail: { tip } }) => { if (toHex(tip.hash) === wanted) reached.resolve() })
  const sync = createSync({
    ledger, clock: systemClock, onError: reached.reject,
    client: { request: async (peer, question, options) => node.services.blocks.request(peerIdFromString(peer), question, options) },
    penalise: peer => { charged[peers.get(peer) as Manner]++ }
  })
  const timer = setTimeout(() => { reached.reject(new Error(`the sync stands at ${ledger.tip().height} after ${timeoutMs} ms`)) }, timeoutMs)
  try {
    const start = performance.now()
    sync.start()
    for (const peer of peers.keys()) sync.addPeer(peer)
    await reached.promise
    return { seconds: (performance.now() - start) / 1000, sameTip: toHex(ledger.tip().hash) === wanted, charged }
  } finally {
    clearTimeout(timer)
    await sync.stop()
    await stop()
    await ledger.close()
  }
}
