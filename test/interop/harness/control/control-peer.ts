import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import type { Identify } from '@libp2p/identify'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import { peerIdFromString } from '@libp2p/peer-id'

/** GossipSub as the control loop needs it. */
export interface GossipControl {
  /** Subscribes; `deliver` gets every message of the topic that others sent. */
  subscribe (topic: string, deliver: (data: Uint8Array, from: string | undefined) => void): void
  /** Publishes; returns how many peers it was sent to. */
  publish (topic: string, data: Uint8Array): Promise<number>
  mesh (topic: string): readonly string[]
  /** Peers that subscribe to the topic. */
  subscribers (topic: string): readonly string[]
  score (peer: string): number
  /** Messages that others asked lately not to be sent (IDONTWANT). */
  notWanted (): number
}

/** A running node of any kind behind the control loop. */
export interface ControlPeer {
  readonly node: Libp2p
  readonly identify: Identify
  readonly ping: Ping
  readonly dht?: KadDHT
  readonly gossip?: GossipControl
  /** Library versions, by package. */
  readonly versions: Readonly<Record<string, string>>
  /** Commands of this peer alone. */
  readonly commands?: Commands
}

/** Arguments of a request, as JSON has them. */
export type Arguments = Readonly<Record<string, unknown>>

/** Answers a request; what it throws becomes the answer's `error`. */
export type Command = (args: Arguments) => unknown

export type Commands = Readonly<Record<string, Command>>

/** Prints an event. */
export type Emit = (event: Readonly<Record<string, unknown>> & { readonly event: string }) => void

export const text = (args: Arguments, name: string): string => {
  const value = args[name]
  if (typeof value !== 'string') throw new Error(`${name} must be a string`)
  return value
}

export const number = (args: Arguments, name: string, otherwise?: number): number => {
  const value = args[name] ?? otherwise
  if (typeof value !== 'number') throw new Error(`${name} must be a number`)
  return value
}

export const bytes = (args: Arguments, name: string): Uint8Array => Buffer.from(args[name] === undefined ? '' : text(args, name), 'base64')

export const base64 = (data: Uint8Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')

export const peerOf = (args: Arguments): PeerId => peerIdFromString(text(args, 'peer'))

/** The open connection to a peer, a direct one first. Throws without one: no command dials but `dial`. */
export function connectionTo (node: Libp2p, peer: PeerId): Connection {
  const open = node.getConnections(peer).filter(({ status }) => status === 'open')
  const found = open.find(({ limits }) => limits === undefined) ?? open[0]
  if (found === undefined) throw new Error(`no connection to ${peer.toString()}`)
  return found
}
