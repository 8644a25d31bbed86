import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planDials, prioritise } from '../../src/peers/topology/index.ts'
import type { OutboundSlot, TopologyPeer } from '../../src/peers/topology/index.ts'
import { candidates, crowd, NOW, peer, seeded } from './support.ts'

/** Both policies in a loop of one tick a second: what is dialled is connected a tick later, what is dropped is gone. */
function run (start: readonly TopologyPeer[], ticks: number): { peers: TopologyPeer[], lowest: number, busyTicks: number[] } {
  const random = seeded(7)
  const known = candidates(60, at => ({ origins: [{ source: 'exchange', seed: `seed${at % 12}` }] }))
  const slots = new Map<string, OutboundSlot>()
  let peers = [...start]
  let lowest = peers.length
  let starvedSince: number | undefined
  const busyTicks: number[] = []
  for (let tick = 0; tick < ticks; tick++) {
    const now = NOW + tick * 1000
    for (const [name, { dialling }] of slots) {
      if (!dialling) continue
      peers.push(peer(name, { direction: 'outbound', connectedMs: 0 }))
      slots.set(name, { ...slots.get(name) as OutboundSlot, dialling: false })
    }
    const { drop, want } = prioritise(peers, { now, random })
    for (const { peer } of drop) slots.delete(peer)
    const gone = new Set(drop.map(({ peer }) => peer))
    peers = peers.filter(({ peer }) => !gone.has(peer)).map(peer => Object.assign(peer, { connectedMs: peer.connectedMs + 1000 }))
    lowest = Math.min(lowest, peers.length)
    const plan = planDials(known, { now, connected: new Set(peers.map(({ peer }) => peer)), reached: new Set(), slots: [...slots.values()], want, lastFeelerAt: now, starvedSince }, { random })
    starvedSince = plan.starved ? starvedSince ?? now : undefined
    for (const { candidate, purpose, origin } of plan.dials) slots.set(candidate.peer, { peer: candidate.peer, group: candidate.group, purpose, origin, dialling: true })
    if (drop.length + plan.dials.length > 0) busyTicks.push(tick)
  }
  return { peers, lowest, busyTicks }
}

// [inbound, outbound at the start, outbound at the end]
for (const [inbound, outbound, atLeast] of [[0, 0, 8], [42, 3, 8], [50, 0, 8], [10, 8, 8], [7, 1, 8]] as const) {
  test(`from ${inbound} inbound and ${outbound} outbound peers the node comes to rest at 25 with at least ${atLeast} outbound, and stays so`, () => {
    const start = crowd(inbound + outbound, at => ({ direction: at < inbound ? 'inbound' : 'outbound' }))
    const { peers, lowest, busyTicks } = run(start, 300)
    assert.equal(peers.length, 25)
    assert.ok(peers.filter(({ direction }) => direction === 'outbound').length >= atLeast)
    assert.ok(lowest >= Math.min(25, inbound + outbound))
    // the young of the first minute compete once; after that nobody comes or goes
    assert.ok(busyTicks.every(tick => tick < 140), `busy at ${busyTicks.at(-1)} s`)
  })
}
