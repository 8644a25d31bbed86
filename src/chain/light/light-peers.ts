/** The peers a light client may ask, the one asked longest ago first. */
export interface LightPeers {
  readonly size: number
  add (peer: string): void
  remove (peer: string): void
  /** Asked first next time. */
  prefer (peer: string): void
  /** Not asked for `ms`. */
  rest (peer: string, ms: number): void
  /** Up to `count` that serve light clients and do not rest; they go to the end. */
  next (count: number): string[]
}

interface LightPeersDeps {
  readonly serves: (peer: string) => boolean
  /** Milliseconds. */
  readonly now: () => number
  readonly max: number
}

/** No peers yet; above `max` new ones are not taken in. */
export function createLightPeers ({ serves, now, max }: LightPeersDeps): LightPeers {
  let order: string[] = []
  // outlives a short absence: a liar must not come back clean by dialling again
  const resting = new Map<string, number>()
  const drop = (peer: string): void => { order = order.filter(other => other !== peer) }
  return {
    get size () { return order.length },
    add (peer) { if (order.length < max && !order.includes(peer)) order.push(peer) },
    remove: drop,
    prefer (peer) {
      if (!order.includes(peer)) return
      drop(peer)
      order.unshift(peer)
    },
    rest (peer, ms) {
      for (const [other, until] of resting) if (until <= now()) resting.delete(other)
      resting.set(peer, Math.max(resting.get(peer) ?? 0, now() + ms))
      if (resting.size > max) resting.delete(resting.keys().next().value as string)
    },
    next (count) {
      const chosen = order.filter(peer => (resting.get(peer) ?? 0) <= now() && serves(peer)).slice(0, count)
      order = [...order.filter(peer => !chosen.includes(peer)), ...chosen]
      return chosen
    }
  }
}
