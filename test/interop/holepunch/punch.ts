import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { eventually } from '../harness/eventually.ts'
import type { PeerProcess } from '../harness/peer-process.ts'
import { assertEcho, dial } from '../harness/steps.ts'

/** More than a relay carries for one connection (128 KiB). */
const ECHO_BYTES = 300_000

/** Peers of one attempt. */
export interface Cast { readonly relay: PeerProcess, readonly listener: PeerProcess, readonly dialler: PeerProcess }

/**
 * `listener` reserves a place at `relay`, `dialler` reaches it there, and both end with a direct connection, which carries more than the relay
 * would.
 */
export async function punches ({ relay, listener, dialler }: Cast): Promise<void> {
  await dial(listener, relay)
  const { addrs } = await listener.ask<{ readonly addrs: readonly string[] }>('reserve', { relay: relay.addrs[0] })
  const addr = addrs.find(address => address.includes(relay.peerId) && address.includes('/p2p-circuit'))
  assert.ok(addr, `reserved ${addrs.join(' ')}`)
  // the relay tells each of them under which address it sees them
  await dial(dialler, relay)
  // go-libp2p takes part once it knows an address of its own that looks public; rust-libp2p names the protocol on relayed connections only
  for (const peer of [dialler, listener].filter(({ kind }) => kind !== 'rust')) {
    await eventually(async () => { assert.ok((await relay.ask<{ readonly protocols: readonly string[] }>('identify', { peer: peer.peerId })).protocols.includes('/libp2p/dcutr'), `${peer.kind} punches no holes`) })
  }
  await dialler.ask('dial', { addr: addr.endsWith(listener.peerId) ? addr : `${addr}/p2p/${listener.peerId}` })
  for (const [one, other] of [[dialler, listener], [listener, dialler]] as const) {
    await eventually(async () => { assert.equal((await connection(one, other)).limited, false, `${one.kind} has a relayed connection only`) })
  }
  await assertEcho(dialler, listener, randomBytes(ECHO_BYTES))
}

async function connection (one: PeerProcess, other: PeerProcess): Promise<{ readonly limited: boolean }> {
  return await one.ask('connection', { peer: other.peerId })
}
