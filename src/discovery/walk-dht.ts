import type { PeerRouting } from '@libp2p/interface'
import { TosError } from '../errors/index.ts'
import type { Candidates } from './candidates.ts'
import type { AddressRules } from './peer-address.ts'
import { readPeerInfo } from './peer-info.ts'

/** Options of `walkDht`. */
export interface WalkOptions extends AddressRules {
  /** 32 random bytes: the place in the DHT to walk to. */
  readonly key: Uint8Array
  /** Ends the walk: a deadline, or the stop of the node. */
  readonly signal: AbortSignal
}

/** Peers taken from one walk; a table has 20 for a key, the rest is somebody's invention. */
const MAX_FOUND = 64

/**
 * Walks to a random place in the DHT and makes candidates of who is met; returns how many. Never rejects: a failure is noted under
 * `dht` (`DHT_WALK_FAILED`, `TIMEOUT`, `ABORTED`), where `tosd discover` shows it.
 */
export async function walkDht (routing: Pick<PeerRouting, 'getClosestPeers'>, candidates: Pick<Candidates, 'add' | 'refused' | 'failed'>, { key, signal, ...rules }: WalkOptions): Promise<number> {
  let found = 0
  try {
    for await (const peer of routing.getClosestPeers(key, { signal })) {
      const { hint, refused } = readPeerInfo(peer, rules)
      candidates.refused('dht', refused)
      if (hint === undefined) continue
      candidates.add('dht', hint)
      if (++found === MAX_FOUND) break
    }
    if (found === 0) candidates.failed('dht', new TosError('DHT_WALK_FAILED', 'the walk met nobody'))
  } catch (cause) {
    candidates.failed('dht', walkError(signal, cause))
  }
  return found
}

function walkError (signal: AbortSignal, cause: unknown): TosError {
  if (!signal.aborted) return new TosError('DHT_WALK_FAILED', 'the walk through the DHT failed', { cause })
  const timedOut = (signal.reason as Error | undefined)?.name === 'TimeoutError'
  return new TosError(timedOut ? 'TIMEOUT' : 'ABORTED', `the walk through the DHT ${timedOut ? 'took too long' : 'was cancelled'}`, { cause })
}
