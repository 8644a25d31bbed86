import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { streamPair } from '@libp2p/utils'
import { HeldConnection } from '../../src/secure/held-connection.ts'
import type { HeldDeps } from '../../src/secure/held-connection.ts'
import { createNodeCrypto } from '../../src/secure/node-crypto.ts'
import { REKEY_LIMITS } from '../../src/secure/rekey-limits.ts'
import { GOOD_HELLO } from './handshake-pair.ts'

/** One end of a connection without a network, on a clock that stands still. */
export interface HeldEnd {
  readonly held: HeldConnection
  readonly connection: Connection
  readonly refused: string[]
  /** Time-outs that are set, with their length in ms. */
  readonly timers: Map<() => void, number>
  /** Runs before this end's session streams open; a test may wait in it. */
  beforeStream: () => Promise<void>
}

/** Both ends of a connection whose session streams reach each other; nothing has begun. */
export interface HeldPair { readonly dialler: HeldEnd, readonly listener: HeldEnd, pair (): Promise<[Stream, Stream]> }

const crypto = createNodeCrypto()

export async function heldPair ({ sameIdentity = false, limits = REKEY_LIMITS }: { sameIdentity?: boolean, limits?: HeldDeps['limits'] } = {}): Promise<HeldPair> {
  const key = await generateKeyPair('Ed25519')
  const keys = [key, sameIdentity ? key : await generateKeyPair('Ed25519')] as const
  const [ours, theirs] = keys.map(peerIdFromPrivateKey) as [PeerId, PeerId]
  const pair = async (): Promise<[Stream, Stream]> => streamPair({ delay: 0, capacity: 1 << 20 }) as unknown as Promise<[Stream, Stream]>

  const end = (i: 0 | 1, remotePeer: PeerId, other: () => HeldEnd): HeldEnd => {
    const refused: string[] = []
    const timers: HeldEnd['timers'] = new Map()
    const connection = {
      remotePeer, direction: i === 0 ? 'outbound' : 'inbound', status: 'open',
      async newStream () {
        await made.beforeStream()
        const [near, far] = await pair()
        other().held.answer(far, () => {})
        return near
      }
    } as unknown as Connection
    const local = keys[i]
    const held = new HeldConnection(connection, {
      network: 'devnet', protocol: '/tos/devnet/session/1.0.0', crypto, genesis: GOOD_HELLO.genesis, hello: () => GOOD_HELLO, limits,
      sign: crypto.signer(local.raw.subarray(0, 32)), local: local.publicKey.raw, localPeerId: peerIdFromPrivateKey(local).toMultihash().bytes,
      timeoutMs: 5000, now: () => 1_700_000_000_000, clock: () => 0,
      schedule: (run, ms) => { timers.set(run, ms); return () => { timers.delete(run) } },
      opened () {},
      refused: (_connection, error) => { refused.push(error.code) }
    })
    const made: HeldEnd = { held, connection, refused, timers, beforeStream: async () => {} }
    return made
  }
  const dialler: HeldEnd = end(0, theirs, () => listener)
  const listener: HeldEnd = end(1, ours, () => dialler)
  return { dialler, listener, pair }
}

/** Lets every time-out of `ms` run out. */
export function expire ({ timers }: HeldEnd, ms = 5000): void {
  for (const [run, length] of Array.from(timers)) if (length === ms && timers.delete(run)) run()
}
