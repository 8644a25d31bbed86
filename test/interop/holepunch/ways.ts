import type { Known } from '../harness/cell.ts'
import type { PeerKind } from '../harness/toolchain.ts'

export type Transport = 'tcp' | 'quic'

/**
 * `two homes`: both behind routers, which only a punched hole gets through. `open dialler`: everyone reaches the dialler, so the listener, which
 * nobody reaches, connects back to it.
 */
export type Place = 'two homes' | 'open dialler'

/** One attempt to meet. */
export interface Way {
  /** Column of the matrix: the foreign peer. */
  readonly peer: PeerKind
  readonly dialler: PeerKind
  readonly listener: PeerKind
  readonly relay: PeerKind
  readonly transport: Transport
  readonly place: Place
  readonly known?: Known
}

const PAIRS: ReadonlyArray<readonly [dialler: PeerKind, listener: PeerKind, relays: readonly PeerKind[]]> = [
  ['js', 'tosd', ['go', 'tosd']], ['tosd', 'js', ['go', 'tosd']],
  ['tosd', 'go', ['go', 'tosd']], ['go', 'tosd', ['go', 'tosd']],
  ['tosd', 'rust', ['go', 'tosd']], ['rust', 'tosd', ['go', 'tosd']],
  ['tosd', 'tosd', ['go']]
]

const TCP_PORT = 'https://github.com/libp2p/js-libp2p/issues/2620'
const TCP: Known = { reason: 'js-libp2p dials TCP from a port it does not listen on, so its router has no mapping to tell of', upstream: TCP_PORT }
const QUIC: Known = { reason: 'the port js-libp2p dials QUIC from accepts no connection, so one of the two must be of another stack', upstream: 'https://github.com/ChainSafe/js-libp2p-quic/issues/68' }
const RUST_TCP: Known = { reason: 'rust-libp2p does not connect back as a client: it expects both to open at once, from the ports they listen on, which js-libp2p cannot', upstream: TCP_PORT }

/** Why they cannot meet, if they cannot. */
function known (place: Place, transport: Transport, pair: readonly PeerKind[]): { readonly known?: Known } {
  if (place === 'open dialler') return transport === 'tcp' && pair[1] === 'rust' ? { known: RUST_TCP } : {}
  if (transport === 'tcp') return { known: TCP }
  return pair.every(kind => kind === 'js' || kind === 'tosd') ? { known: QUIC } : {}
}

/** All attempts, the easy ones first. */
export const WAYS: readonly Way[] = (['open dialler', 'two homes'] as const).flatMap(place => (['tcp', 'quic'] as const).flatMap(transport =>
  PAIRS.flatMap(([dialler, listener, relays]) => relays.map(relay => ({
    peer: [dialler, listener].find(kind => kind !== 'tosd') ?? relay, dialler, listener, relay, transport, place,
    ...known(place, transport, [dialler, listener])
  })))))
