import { fail, pass, warn } from './finding.ts'
import type { Finding } from './finding.ts'

/** PONG tells whole seconds and travels: below this nobody can tell a difference. */
const CLOCK_FINE_MS = 5000
/** From here on frames are close to being refused (300 s), block times too. */
const CLOCK_BAD_MS = 60_000
/** Peers that must agree before our own clock is called wrong: one may lie, or be wrong itself. */
const CLOCK_WITNESSES = 3

/** What there is to know of the running node. */
export interface NetworkFacts {
  readonly isPublic: boolean
  readonly listen: { readonly configured: readonly string[], readonly actual: readonly string[] }
  readonly reach: {
    readonly autonat: boolean
    /** Public addresses that peers dialled back. */
    readonly verified: readonly string[]
    /** Addresses the operator tells others to use; nobody checks them. */
    readonly announced: number
    /** Connections that came in from public addresses. */
    readonly inboundPublic: number
    /** Addresses through relays. */
    readonly relayed: number
  }
  readonly clock: {
    /** Of each session peer that answered a PING: its clock minus ours, ms. */
    readonly skewsMs: readonly number[]
    /** Frames refused with CLOCK_SKEW since the start. */
    readonly refused: number
  }
  readonly peers: { readonly connected: number, readonly sessions: number, readonly min: number, readonly target: number }
}

/** The checks that need a running node. Pure. */
export function checkNetwork (facts: NetworkFacts): Finding[] {
  return [checkListening(facts), checkReachable(facts), checkClock(facts), checkPeers(facts)]
}

function checkListening ({ listen: { configured, actual } }: NetworkFacts): Finding {
  if (configured.length === 0) return warn('listening', 'listens nowhere, by configuration: it only dials out', 'give --listen an address, e.g. /ip4/0.0.0.0/tcp/2080')
  if (actual.length === 0) return fail('listening', `none of ${configured.join(', ')} is listened on`, 'see the log for LISTEN_FAILED, and choose another --listen')
  // a wildcard becomes an address per interface, so a smaller number is a sure sign
  return actual.length < configured.length
    ? warn('listening', `on ${actual.length} of ${configured.length} addresses: ${actual.join(', ')}`, 'another program, a missing IPv6 or an unreachable relay may hold up the others; see the log')
    : pass('listening', `on ${actual.join(', ')}`)
}

function checkReachable ({ isPublic, reach: { autonat, verified, announced, inboundPublic, relayed } }: NetworkFacts): Finding {
  if (verified.length > 0) return pass('reachable', `peers dialled back ${verified.join(', ')}`)
  if (inboundPublic > 0) return pass('reachable', `${inboundPublic} peers came in from the internet`)
  if (!isPublic) return pass('reachable', 'not looked at: the network is not a public one')
  if (relayed > 0) return warn('reachable', 'through a relay only', 'forward the port in your router, or try --upnp; relays carry few bytes')
  if (announced > 0) return warn('reachable', `${announced} addresses are announced, and nobody has come in by them yet`, 'check that they lead here: `tosd ping` them from another machine')
  if (!autonat) return warn('reachable', 'not known: nobody has come in yet', 'start with --autonat to have peers check it')
  return warn('reachable', 'no peer has reached this node yet', 'forward the port in your router, or try --upnp or --relay; a new node waits some minutes for the verdict')
}

function checkClock ({ clock: { skewsMs, refused } }: NetworkFacts): Finding {
  const ntp = 'let the system keep the time (NTP: timedatectl set-ntp true)'
  if (skewsMs.length === 0) {
    // peers whose clocks are too far off get no session, so there is nobody to ask either
    if (refused >= CLOCK_WITNESSES) return fail('clock', `${refused} frames were refused because the clocks are more than 300 s apart, and no session stands`, ntp)
    return warn('clock', 'not known: no peer to compare with', 'try again once there are peers')
  }
  const skew = median(skewsMs)
  const message = `${(Math.abs(skew) / 1000).toFixed(1)} s ${skew > 0 ? 'behind' : 'ahead of'} ${skewsMs.length} peers`
  if (Math.abs(skew) <= CLOCK_FINE_MS) return pass('clock', `within ${CLOCK_FINE_MS / 1000} s of ${skewsMs.length} peers`)
  return Math.abs(skew) >= CLOCK_BAD_MS && skewsMs.length >= CLOCK_WITNESSES ? fail('clock', message, ntp) : warn('clock', message, ntp)
}

function checkPeers ({ isPublic, peers: { connected, sessions, min, target } }: NetworkFacts): Finding {
  const message = `${connected} connected, ${sessions} with a session; at least ${min} are wanted, ${target} are kept`
  const hint = '`tosd peers connect <address>` if you know one; `tosd show candidates` tells what was tried'
  if (connected === 0 && isPublic) return fail('peers', message, hint)
  if (connected < min) return warn('peers', message, hint)
  return sessions === 0 ? warn('peers', message, 'these are plain libp2p nodes, or of another network; see `tosd peers ls -v`') : pass('peers', message)
}

function median (values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1] as number, sorted[sorted.length >> 1] as number]
  return (low + high) / 2
}
