import type { Startable } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import { TosError } from '../../errors/index.ts'
import type { Guard } from './guard.ts'
import { watchInbound } from './watch-inbound.ts'

/** What a piece of a stream costs at least, bytes: small ones cost us more than their length. */
const LEAST_BYTES = 64

/** The parts of libp2p the service uses. */
export interface RateLimiterComponents {
  readonly registrar: Registrar
}

/** What `node.services.rateLimiter` offers. */
export interface RateLimiterService extends Startable {
  /**
   * For protocol authors: charges one unasked message inside a long-lived stream. False: it is over the peer's budget, drop it.
   * Give 0 bytes when the service sees the stream anyway, so that they are not counted twice.
   */
  take (peer: string, bytes: number): boolean
  /** Streams refused or reset. */
  dump (): Record<string, number>
}

/**
 * A libp2p service that holds peers to the guard's budgets: each stream a peer opens is a message, and what it sends on streams it
 * opened counts as bytes. A stream beyond the budget is reset, and its peer charged. Put it first among the services. It does not see
 * streams of protocols nobody handles (the muxer bounds those), nor what arrives on streams we opened: that was asked for. `isWatched`:
 * leaves out protocols that bound their peers themselves.
 */
export function rateLimiter (guard: Guard, isWatched: (protocol: string) => boolean = () => true): (components: RateLimiterComponents) => RateLimiterService {
  return ({ registrar }) => {
    let refused = 0
    let reset = 0
    watchInbound(registrar, isWatched, {
      stream ({ remotePeer }, stream) {
        if (guard.take(remotePeer.toString(), 0) === undefined) return true
        refused++
        stream.abort(tooMuch())
        return false
      },
      bytes ({ remotePeer }, stream, count) {
        if (guard.takeBytes(remotePeer.toString(), Math.max(count, LEAST_BYTES))) return
        reset++
        stream.abort(tooMuch())
      }
    })
    return {
      start () {},
      stop () {},
      take: (peer, bytes) => guard.take(peer, bytes) === undefined,
      dump: () => ({ refused, reset })
    }
  }
}

function tooMuch (): TosError {
  return new TosError('RATE_LIMITED', 'the peer sends more than its budget')
}
