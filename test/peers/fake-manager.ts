import { setImmediate as turn } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createAddressBook, createPeerManager } from '../../src/peers/index.ts'
import type { KnownCandidate, PeerManager, PeerManagerDeps, SearchNeed } from '../../src/peers/index.ts'

const ids: PeerId[] = []
for (let i = 0; i < 60; i++) ids.push(peerIdFromPrivateKey(await generateKeyPair('Ed25519')))
export const [self, ...others] = ids as [PeerId, ...PeerId[]]
export const addressOf = (at: number): string => `/ip4/10.${at}.0.1/tcp/2080`
/** A candidate at an address of its own. */
export const candidate = (at: number, origin = 'book'): KnownCandidate =>
  ({ key: String(others[at]), peer: String(others[at]), addresses: [addressOf(at)], origins: [origin], nodeType: 0, services: 0n })

/** A manager over a libp2p that only says what it was asked, on a clock that is moved by hand. */
export interface Fake {
  readonly manager: PeerManager
  readonly dials: Array<{ readonly to: string[], readonly done: PromiseWithResolvers<unknown> }>
  readonly parted: Array<readonly [string, number]>
  readonly removed: string[]
  readonly needs: SearchNeed[]
  /** A connection to the peer opens. */
  join (at: number, openedAgoMs: number, direction?: 'inbound' | 'outbound'): void
  /** The peer's connections close. */
  leave (at: number): void
  /** Time passes, a second at a time. */
  pass (ms: number): Promise<void>
}

export function createFake (list: KnownCandidate[], limits: PeerManagerDeps['limits'], more: Partial<PeerManagerDeps> = {}): Fake {
  const events = new EventTarget()
  const connections: unknown[] = []
  const [dials, parted, removed, needs]: [Fake['dials'], Fake['parted'], string[], SearchNeed[]] = [[], [], [], []]
  const timers = new Map<() => void, number>()
  const start = 1_800_000_000_000
  let now = 0
  const node = Object.assign(events, {
    peerId: self,
    getConnections: (peer?: PeerId) => connections.filter(each => peer === undefined || (each as { remotePeer: PeerId }).remotePeer.equals(peer)),
    dial (to: Multiaddr[]) {
      const done = Promise.withResolvers<unknown>()
      dials.push({ to: to.map(String), done })
      return done.promise
    }
  }) as unknown as Libp2p
  const book = createAddressBook({ store: { load: () => undefined, save: () => {} }, random: () => 0.5, randomBytes: n => new Uint8Array(n), publicOnly: false })
  const manager = createPeerManager(node, {
    book, limits, dials: {}, exemptPrivate: true, dialTimeoutMs: 60_000, pubsub: {}, random: () => 0, failed: () => {},
    candidates: { list: () => list, subscribe: () => () => {}, proved: () => true, remove: key => { removed.push(key) }, search: need => { needs.push(need) } },
    ready: async () => ({ nodeType: 0, services: 0n }),
    part: async ({ remotePeer }, reason) => { parted.push([remotePeer.toString(), reason]) },
    clock: () => now, wall: () => start + now,
    schedule (run, ms) {
      timers.set(run, now + ms)
      return () => { timers.delete(run) }
    },
    ...more
  })
  return {
    manager, dials, parted, removed, needs,
    join (at, openedAgoMs, direction = 'inbound') {
      const connection = { id: String(at), status: 'open', direction, remotePeer: others[at], remoteAddr: multiaddr(addressOf(at)), timeline: { open: start + now - openedAgoMs } }
      connections.push(connection)
      events.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
    },
    leave (at) {
      for (const connection of connections.filter(each => (each as { id: string }).id === String(at))) {
        Object.assign(connection as object, { status: 'closed' })
        connections.splice(connections.indexOf(connection), 1)
        events.dispatchEvent(new CustomEvent('connection:close', { detail: connection }))
      }
      events.dispatchEvent(new CustomEvent('peer:disconnect', { detail: others[at] as PeerId }))
    },
    async pass (ms) {
      for (const end = now + ms; now < end;) {
        now = Math.min(end, now + 1000)
        for (const [run, at] of timers) {
          if (at > now) continue
          timers.delete(run)
          run()
        }
        await turn()
      }
    }
  }
}
