import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { GOODBYE_REASON } from '../../protocols/index.ts'
import { createAddressBook, createPeerManager } from '../../src/peers/index.ts'
import type { KnownCandidate, PeerManager, PeerManagerDeps, SearchNeed } from '../../src/peers/index.ts'

const ids: PeerId[] = []
for (let i = 0; i < 12; i++) ids.push(peerIdFromPrivateKey(await generateKeyPair('Ed25519')))
const [self, ...others] = ids as [PeerId, ...PeerId[]]
const addressOf = (at: number): string => `/ip4/10.${at}.0.1/tcp/2080`
const candidate = (at: number, origin = 'book'): KnownCandidate =>
  ({ key: String(others[at]), peer: String(others[at]), addresses: [addressOf(at)], origins: [origin], nodeType: 0, services: 0n })

interface Fake {
  readonly manager: PeerManager
  readonly dials: Array<{ readonly to: string[], readonly done: PromiseWithResolvers<unknown> }>
  readonly parted: Array<readonly [string, number]>
  readonly removed: string[]
  readonly needs: SearchNeed[]
  /** A connection to the peer opens. */
  join (at: number, openedAgoMs: number, direction?: 'inbound' | 'outbound'): void
  /** Time passes, a second at a time. */
  pass (ms: number): Promise<void>
}

function createFake (list: KnownCandidate[], limits: PeerManagerDeps['limits']): Fake {
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
    }
  })
  return {
    manager, dials, parted, removed, needs,
    join (at, openedAgoMs, direction = 'inbound') {
      const connection = { id: String(at), status: 'open', direction, remotePeer: others[at], remoteAddr: multiaddr(addressOf(at)), timeline: { open: start + now - openedAgoMs } }
      connections.push(connection)
      events.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
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

test('at most eight dials run at once in an emergency, the rest says that it queues', t => {
  const fake = createFake(others.map((_, at) => candidate(at)), { min: 8, target: 25, max: 50 })
  t.after(() => { fake.manager.stop() })
  fake.manager.start()
  assert.equal(fake.dials.length, 8)
  assert.deepEqual(Object.entries(Object.groupBy(fake.manager.queue(), ({ why }) => why ?? '')).map(([why, rows]) => [why, rows?.length]).sort(), [['dialling', 8], ['queue', 3]])
  assert.deepEqual(fake.needs, [{ wanted: 25, emergency: true, open: 11 }])
})

test('a peer that failed or said goodbye is left alone for the time that asks for', async t => {
  const fake = createFake([candidate(0)], { min: 1, target: 4, max: 8 })
  t.after(() => { fake.manager.stop() })
  fake.manager.start()
  fake.dials[0]?.done.reject(new Error('refused'))
  await turn()
  assert.deepEqual(fake.manager.queue().map(({ why, failures, waitMs }) => [why, failures, waitMs]), [['cooling', 1, 1000]])
  await fake.pass(2000)
  assert.equal(fake.dials.length, 2, 'a failed dial waits a second')
  fake.manager.parted(String(others[0]), GOODBYE_REASON.chainIdMismatch)
  fake.dials[1]?.done.reject(new Error('refused'))
  await fake.pass(3_600_000)
  assert.equal(fake.dials.length, 2, 'another chain waits a day, in an emergency too')
})

test('hearsay that failed ten times is forgotten, what the operator named is not', async t => {
  for (const [origin, removed] of [['dht', [String(others[0])]], ['bootstrap:x', []]] as const) {
    const fake = createFake([candidate(0, origin)], { min: 1, target: 4, max: 8 })
    t.after(() => { fake.manager.stop() })
    fake.manager.start()
    for (let tries = 0; tries < 10; tries++) {
      fake.dials[tries]?.done.reject(new Error('refused'))
      await fake.pass(600_000)
    }
    assert.ok(fake.dials.length >= 10, `${fake.dials.length} dials`)
    assert.deepEqual(fake.removed.slice(0, 1), removed)
  }
})

test('settled peers above the target are sent away with GOODBYE 7, and a static one is dialled all the same', async t => {
  const fake = createFake([candidate(9, 'operator:x'), candidate(8)], { min: 1, target: 3, max: 6, minOutbound: 0, outboundShare: 0 })
  t.after(() => { fake.manager.stop() })
  for (let at = 0; at < 5; at++) fake.join(at, 120_000)
  fake.manager.start()
  assert.deepEqual([...new Set(fake.parted.map(([, reason]) => reason))], [GOODBYE_REASON.tooManyPeers])
  assert.equal(fake.parted.length, 2)
  assert.deepEqual(fake.dials.map(({ to }) => to), [[`${addressOf(9)}/p2p/${String(others[9])}`]])
})
