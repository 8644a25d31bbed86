import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { limitRow, plainRow } from '../harness.ts'
import type { Row, RunContext } from '../harness.ts'
import { median } from '../measure.ts'
import { tosNode } from '../request/nodes.ts'
import type { TosKind } from '../request/nodes.ts'
import { openSlowLink } from './slow-link.ts'

/** One direction of the link, ms: far above what the processor takes, which the figures include. */
const DELAY_MS = 25
const RTT_MS = 2 * DELAY_MS
const MOST = 1.5
const PROBE = '/bench/negotiate/1.0.0'
const REQUEST = { data: new Uint8Array(100) }

/** What one connection took, ms. */
interface Turn {
  /** From the dial to the first answer. */
  readonly answer: number
  /** From the open connection to the session; sealed only. */
  readonly ready: number
  /** Opening one more stream: what negotiation takes on this link. */
  readonly negotiation: number
}

/**
 * Round trips of the handshake, measured on a link that takes 25 ms in each direction. A node dials and asks at once; how much later the first
 * answer comes than between the same nodes without sessions is what sealing costs in all. The session stream has to be negotiated like
 * every stream, and the request's stream is negotiated beside it; so the goal is put to the larger of two figures: that
 * difference, and the time from connection to session less one negotiation.
 */
export async function roundTripRows ({ long, log }: RunContext): Promise<Row[]> {
  const listeners = { ours: await tosNode('ours'), sealed: await tosNode('sealed') }
  for (const listener of Object.values(listeners)) await listener.handle(PROBE, stream => { stream.abort(new Error('measured')) })
  try {
    const turns: { ours: Turn[], sealed: Turn[] } = { ours: [], sealed: [] }
    const rounds = long ? 21 : 5
    // round 0 warms up
    for (let round = 0; round <= rounds; round++) {
      log(`round trips, round ${round}/${rounds}`)
      for (const kind of ['ours', 'sealed'] as const) {
        const turn = await firstAnswer(listeners[kind], kind)
        if (round > 0) turns[kind].push(turn)
      }
    }
    const inAll = median(turns.sealed.map(({ answer }, i) => answer - (turns.ours[i] as Turn).answer)) / RTT_MS
    const beyond = median(turns.sealed.map(({ ready, negotiation }) => ready - negotiation)) / RTT_MS
    return [
      limitRow('round trips the handshake adds before the first sealed request', Math.max(inAll, beyond), 'RTT', MOST),
      plainRow('  first answer later than without sessions', inAll, 'RTT'),
      plainRow('  connection to session, less its stream’s negotiation', beyond, 'RTT')
    ]
  } finally {
    await Promise.all(Object.values(listeners).map(listener => listener.stop()))
  }
}

/** One connection of a fresh dialler. */
async function firstAnswer (listener: Libp2p, kind: TosKind): Promise<Turn> {
  const [address] = listener.getMultiaddrs()
  const link = await openSlowLink(Number(address?.toString().split('/')[4]), DELAY_MS)
  const node = await tosNode(kind)
  try {
    const start = performance.now()
    const connection = await node.dial(multiaddr(`/ip4/127.0.0.1/tcp/${link.port}/p2p/${listener.peerId.toString()}`))
    const open = performance.now()
    const ready = node.services.session?.ready(connection).then(() => performance.now() - open) ?? Promise.resolve(0)
    await node.services.echo.request(connection.remotePeer, REQUEST)
    const answer = performance.now() - start
    const before = performance.now()
    await connection.newStream(PROBE)
    const negotiation = performance.now() - before
    return { answer, ready: await ready, negotiation }
  } finally {
    await node.stop()
    await link.close()
  }
}
