import * as fc from '../support/fast-check.ts'
import type { DialCandidate, DialState, OutboundSlot, TopologyPeer, Want } from '../../src/peers/topology/index.ts'

export const NOW = 1_000_000_000
export const HOUR = 3_600_000

/** A small generator of numbers from 0 to 1, the same for the same seed. */
export function seeded (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    return state / 2 ** 32
  }
}

/** A settled, unremarkable peer in a network of its own. */
export function peer (name: string, given: Partial<TopologyPeer> = {}): TopologyPeer {
  return { peer: name, direction: 'inbound', group: `group-${name}`, nodeType: 'full', services: 0n, rttMs: 150, connectedMs: HOUR, score: 500, ...given }
}

export const crowd = (count: number, given: (at: number) => Partial<TopologyPeer> = () => ({})): TopologyPeer[] =>
  Array.from({ length: count }, (_, at) => peer(`p${at}`, given(at)))

/** Any peers, absurd measurements included. */
export const anyPeers = (maxLength: number): fc.Arbitrary<TopologyPeer[]> => fc.array(fc.record({
  direction: fc.constantFrom('inbound' as const, 'outbound' as const),
  group: fc.option(fc.integer({ min: 0, max: 12 }).map(at => `g${at}`), { nil: undefined }),
  asn: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  privateRange: fc.boolean(),
  nodeType: fc.constantFrom('full' as const, 'light' as const, 'mining' as const, 'validator' as const, 'unknown' as const),
  services: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  rttMs: fc.option(fc.oneof(fc.double({ min: 0, max: 2000 }), fc.constantFrom(NaN, -5, Infinity)), { nil: undefined }),
  connectedMs: fc.oneof(fc.nat(100_000), fc.nat(48 * HOUR), fc.constant(NaN)),
  score: fc.oneof(fc.nat(1000), fc.constantFrom(NaN, -100, 5000)),
  role: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: fc.constantFrom('static' as const, 'pinned' as const, 'trusted' as const, 'anchor' as const, 'feeler' as const, 'block-only' as const, 'extra' as const) }),
  firstBlockAt: fc.option(fc.integer({ min: NOW - 2 * HOUR, max: NOW }), { nil: undefined }),
  firstTxAt: fc.option(fc.integer({ min: NOW - 2 * HOUR, max: NOW }), { nil: undefined })
}), { maxLength }).map(list => list.map((given, at) => peer(`p${at}`, given)))

export const calm: Want = { peers: 0, outbound: 0, types: { full: 0, light: 0, mining: 0, validator: 0 }, emergency: false }
export const alarm: Want = { ...calm, peers: 25, outbound: 8, emergency: true }

/** A candidate in a network of its own, heard of from a seed of its own. */
export function candidate (name: string, given: Partial<DialCandidate> = {}): DialCandidate {
  return {
    peer: name, addresses: [`/dns4/${name}/tcp/2080`], group: `group-${name}`, origins: [{ source: 'exchange', seed: `seed-${name}` }],
    tried: false, failures: 0, notBefore: 0, prior: 79.2, ...given
  }
}

export const candidates = (count: number, given: (at: number) => Partial<DialCandidate> = () => ({}), name = 'c'): DialCandidate[] =>
  Array.from({ length: count }, (_, at) => candidate(`${name}${at}`, given(at)))

export function slot (name: string, given: Partial<OutboundSlot> = {}): OutboundSlot {
  return { peer: name, group: `group-${name}`, purpose: 'full', origin: { source: 'book', seed: 'book' }, dialling: false, ...given }
}

export function state (want: Want, given: Partial<DialState> = {}): DialState {
  return { now: NOW, connected: new Set(), reached: new Set(), slots: [], want, lastFeelerAt: NOW, ...given }
}
