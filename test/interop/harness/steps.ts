import assert from 'node:assert/strict'
import type { PeerProcess } from './peer-process.ts'

/** Dials a peer at its first address for which `wanted` holds. */
export async function dial (dialler: PeerProcess, listener: PeerProcess, wanted: (address: string) => boolean = () => true): Promise<void> {
  const addr = listener.addrs.find(wanted)
  assert.ok(addr, `${listener.kind} listens on ${listener.addrs.join(' ')} only`)
  const { peerId } = await dialler.ask<{ readonly peerId: string }>('dial', { addr })
  assert.equal(peerId, listener.peerId)
}

/** What a connection is made of, by the names identify and the multiaddr registry give; a transport that brings its own says so, or nothing. */
export async function assertConnection (one: PeerProcess, other: PeerProcess, { security, muxer }: { readonly security?: RegExp, readonly muxer?: RegExp }): Promise<void> {
  const made = await one.ask<{ readonly security: string, readonly muxer: string, readonly limited: boolean }>('connection', { peer: other.peerId })
  if (security !== undefined) assert.match(made.security, security)
  if (muxer !== undefined) assert.match(made.muxer, muxer)
  assert.equal(made.limited, false)
}

/** What a peer says of itself. */
export interface Identity { readonly agent: string, readonly protocols: readonly string[], readonly addrs: readonly string[], readonly signedPeerRecord: boolean }

/** Identify works, names the standing protocols and carries a signed peer record where the other side's library makes one. */
export async function assertIdentity (one: PeerProcess, other: PeerProcess): Promise<Identity> {
  const told = await one.ask<Identity>('identify', { peer: other.peerId })
  assert.notEqual(told.agent, '', 'the agent is named')
  for (const protocol of ['/ipfs/id/1.0.0', '/interop/echo/1.0.0']) assert.ok(told.protocols.includes(protocol), `${other.kind} offers ${told.protocols.join(' ')}`)
  assert.ok(told.addrs.length > 0, 'it tells where it listens')
  // rust-libp2p and py-libp2p do not sign theirs, and only js-libp2p tells of every record it got
  if (['js', 'tosd', 'go'].includes(other.kind) && ['js', 'tosd'].includes(one.kind)) assert.equal(told.signedPeerRecord, true, 'its addresses are signed')
  return told
}

const base64 = (data: Uint8Array): string => Buffer.from(data).toString('base64')

/** How a stream command ends, its bytes decoded. */
export interface Exchange { readonly received: Buffer, readonly ended: string }

/** Opens a stream, sends, reads. */
export async function exchange (one: PeerProcess, other: PeerProcess, protocol: string, send: Uint8Array, options: { readonly how?: string, readonly read?: 'all' | 'none' | number, readonly timeoutMs?: number } = {}): Promise<Exchange> {
  const { received, ended } = await one.ask<{ readonly received: string, readonly ended: string }>('stream', { peer: other.peerId, protocol, send: base64(send), how: 'half-close', read: 'all', timeoutMs: 20_000, ...options })
  return { received: Buffer.from(received, 'base64'), ended }
}

/** A peer answers an echo byte for byte. */
export async function assertEcho (one: PeerProcess, other: PeerProcess, data: Uint8Array, how = 'half-close'): Promise<void> {
  const { received, ended } = await exchange(one, other, '/interop/echo/1.0.0', data, { how })
  assert.equal(ended, 'eof')
  assert.deepEqual(received, Buffer.from(data))
}
