import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { cell, isHere, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import type { PeerProcess } from './harness/peer-process.ts'
import { assertEcho, dial } from './harness/steps.ts'
import { FOREIGN_PEERS } from './harness/toolchain.ts'

const SCENARIO = '9 relay v2'
const base: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] }
const relays: PeerConfig = { ...base, relay: { server: true, client: false } }
const behind: PeerConfig = { ...base, relay: { server: false, client: true } }

/** `listener` reserves a place at `relay`, `dialler` reaches it there and talks to it; the connection says that it is limited. */
async function reaches (dialler: PeerProcess, relay: PeerProcess, listener: PeerProcess): Promise<void> {
  await dial(listener, relay)
  const { addrs } = await listener.ask<{ readonly addrs: readonly string[] }>('reserve', { relay: relay.addrs[0] })
  const addr = addrs.find(address => address.includes(relay.peerId) && address.includes('/p2p-circuit'))
  assert.ok(addr, `reserved ${addrs.join(' ')}`)
  const { peerId } = await dialler.ask<{ readonly peerId: string }>('dial', { addr: addr.endsWith(listener.peerId) ? addr : `${addr}/p2p/${listener.peerId}` })
  assert.equal(peerId, listener.peerId)
  const { limited } = await dialler.ask<{ readonly limited: boolean }>('connection', { peer: listener.peerId })
  assert.equal(limited, true, 'the dialler knows that a relay carries it')
  await assertEcho(dialler, listener, randomBytes(2_000))
}

for (const peer of FOREIGN_PEERS) {
  const name = (direction: string): CellName => ({ peer, scenario: SCENARIO, direction })
  const roles = [
    [`${peer} → tosd over ${peer}`, peer, peer, 'tosd'], [`tosd → ${peer} over ${peer}`, 'tosd', peer, peer],
    [`${peer} → tosd over tosd`, peer, 'tosd', 'tosd'], [`tosd → ${peer} over tosd`, 'tosd', 'tosd', peer], [`tosd → tosd over ${peer}`, 'tosd', peer, 'tosd']
  ] as const
  for (const [direction, dialler, relay, listener] of roles) {
    void test(`${SCENARIO} · ${direction}`, async context => {
      if (!await isHere(context, peer, [name(direction)])) return
      await cell(context, name(direction), async () => {
        const nodes = await withPeers(context, { dialler: [dialler, behind], relay: [relay, relays], listener: [listener, behind] })
        await reaches(nodes.dialler, nodes.relay, nodes.listener)
      })
    })
  }
}
