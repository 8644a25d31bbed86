import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MultiaddrConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { TosError } from '../../src/errors/index.ts'
import type { BanStore } from '../../src/peers/bans/index.ts'
import { createGuard } from '../../src/peers/guard/index.ts'
import type { Guard, GuardOptions } from '../../src/peers/guard/index.ts'
import { manualTime } from './manual-time.ts'

const PEER = '12D3KooWDszB4mgJ4o7YoViNNDYuyZYH5d2mPtkUVkuyWqeq2zL8'

function socket (address: string, status = 'open'): MultiaddrConnection & EventTarget {
  return Object.assign(new EventTarget(), { remoteAddr: multiaddr(address), status }) as unknown as MultiaddrConnection & EventTarget
}

function memory (bytes?: Uint8Array): BanStore & { bytes: Uint8Array | undefined } {
  return { bytes, load () { return this.bytes }, save (given) { this.bytes = given } }
}

function made (options: GuardOptions = {}): { guard: Guard, time: ReturnType<typeof manualTime>, errors: Array<[string, string]> } {
  const time = manualTime()
  const errors: Array<[string, string]> = []
  const guard = createGuard({ now: time.now, clock: time.now, every: time.every, minPeers: 0, onError: ({ code }, file) => { errors.push([code, file]) }, ...options })
  return { guard, time, errors }
}

/** Enough to be banned. */
function offend (guard: Guard, pass: (ms: number) => void, peer = PEER): void {
  for (let i = 0; i < 2; i++) {
    guard.record(peer, 'consensus_violation')
    pass(10_000)
  }
}

test('slots per address are given back when the socket is gone, and not taken for one that is gone already', () => {
  const { guard } = made()
  const admitted = [1, 2, 3].map(port => socket(`/ip4/203.0.113.5/tcp/${port}`))
  const denies = (connection: MultiaddrConnection): unknown => guard.gater.denyInboundConnection?.(connection)
  for (const connection of admitted) assert.equal(denies(connection), false)
  assert.equal(denies(socket('/ip4/203.0.113.5/tcp/4')), true)
  assert.equal(denies(socket('/ip4/203.0.113.6/tcp/4', 'aborted')), false)
  assert.equal(guard.dump()['refusedLimit'], 1)
  for (const connection of admitted) {
    connection.dispatchEvent(new Event('close'))
    // a second close gives nothing back that is not there
    connection.dispatchEvent(new Event('close'))
  }
  assert.equal(guard.dump()['prefixes'], 0)
  assert.equal(denies(socket('/ip4/203.0.113.5/tcp/5')), false)
  assert.equal(denies(socket('/ip4/10.0.0.1/tcp/1/p2p/12D3KooWDszB4mgJ4o7YoViNNDYuyZYH5d2mPtkUVkuyWqeq2zL8/p2p-circuit')), false, 'a relay’s address counts for nobody behind it')
})

test('a private network exempts local addresses, a public one and an unnamed one do not', () => {
  for (const [network, expected] of [['devnet', false], ['mainnet', true], [undefined, true]] as const) {
    const { guard } = made(network === undefined ? {} : { network })
    for (let i = 0; i < 3; i++) guard.gater.denyInboundConnection?.(socket('/ip4/127.0.0.1/tcp/1'))
    assert.equal(guard.gater.denyInboundConnection?.(socket('/ip4/127.0.0.1/tcp/1')), expected, network)
  }
})

test('incidents are charged to their peer; what it says of us, our own faults and the nameless are not', () => {
  const { guard } = made()
  const incident = (code: 'CORRUPT_MESSAGE' | 'HANDLER_FAILED', remote: boolean, peer: string | undefined = PEER): void => {
    guard.incident({ code, peer, protocol: '/x', remote, error: new TosError(code, 'x', remote ? { details: { remote: true } } : {}) })
  }
  incident('CORRUPT_MESSAGE', true)
  incident('HANDLER_FAILED', false)
  guard.incident({ code: 'CORRUPT_MESSAGE', peer: undefined, protocol: '/x', remote: false, error: new TosError('CORRUPT_MESSAGE', 'x') })
  assert.equal(guard.score(PEER), 500)
  incident('CORRUPT_MESSAGE', false)
  assert.equal(guard.score(PEER), 300)
})

test('nobody is charged while our own event loop stands still, nor for what piled up meanwhile', () => {
  const { guard, time } = made()
  guard.start()
  time.pass(5000)
  time.stall(1200)
  guard.record(PEER, 'invalid_message')
  assert.deepEqual([guard.score(PEER), guard.explain(PEER).lagMs], [500, 700])
  time.pass(1000)
  guard.record(PEER, 'invalid_message')
  assert.equal(guard.score(PEER), 500)
  time.pass(2000)
  guard.record(PEER, 'invalid_message')
  assert.equal(guard.score(PEER), 300)
  guard.stop()
  assert.equal(time.timers, 0)
})

test('a banned peer is met at every door: inbound, outbound, by id and by address of a dial', () => {
  const { guard, time } = made()
  offend(guard, time.pass)
  const [peer, connection] = [{ toString: () => PEER } as never, socket('/ip4/203.0.113.5/tcp/1')]
  const { gater } = guard
  assert.deepEqual([gater.denyInboundEncryptedConnection?.(peer, connection), gater.denyInboundUpgradedConnection?.(peer, connection), gater.denyOutboundEncryptedConnection?.(peer, connection), gater.denyDialPeer?.(peer)], [true, true, true, true])
  assert.equal(gater.denyDialMultiaddr?.(multiaddr(`/ip4/203.0.113.5/tcp/1/p2p/${PEER}`)), true)
  assert.equal(gater.denyDialMultiaddr?.(multiaddr('/ip4/203.0.113.5/tcp/1')), false)
  guard.bans.rm(PEER)
  assert.deepEqual([gater.denyDialPeer?.(peer), guard.score(PEER)], [false, 350])
})

test('bans and scores outlive the guard; damaged files are told, by name, and begun anew', () => {
  const [bans, scores] = [memory(), memory()]
  const store = { bans, reputation: scores }
  const first = made({ store })
  first.guard.start()
  offend(first.guard, first.time.pass)
  first.guard.record('12D3KooWQTwW29kk5qyLxpXyeeKtpcjVu12rAkK24MFyrHtEthyA', 'invalid_message')
  first.guard.bans.add('203.0.113.0/24', { reason: 'noise' })
  first.guard.stop()
  const second = made({ store })
  assert.equal(second.guard.score('12D3KooWQTwW29kk5qyLxpXyeeKtpcjVu12rAkK24MFyrHtEthyA'), 300)
  assert.deepEqual(new Set(second.guard.bans.ls().map(({ target }) => target)), new Set([PEER, '203.0.113.0/24']))
  assert.equal(second.guard.explain(PEER).ban?.reason, 'consensus_violation')
  const third = made({ store: { bans: memory(Uint8Array.of(1, 2)), reputation: memory(Uint8Array.of(123)) } })
  assert.deepEqual(third.errors, [['PEER_FILE_INVALID', 'bans'], ['PEER_FILE_INVALID', 'reputation']])
  assert.deepEqual([third.guard.bans.ls(), third.guard.score(PEER)], [[], 500])
})

test('a disk that refuses is told, and the order holds all the same', () => {
  const refuse: BanStore = { load: () => undefined, save () { throw new Error('disk full') } }
  const { errors, guard } = made({ store: { bans: refuse, reputation: refuse } })
  assert.throws(() => guard.bans.add(PEER), { code: 'STORE_READ_ONLY' })
  assert.equal(guard.isBanned(PEER)?.by, 'operator')
  guard.flush()
  assert.deepEqual(errors, [['STORE_READ_ONLY', 'bans'], ['STORE_READ_ONLY', 'reputation']])
})
