import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createTosNode } from '../../src/index.ts'
import type { TosNode } from '../../src/index.ts'
import type { TosErrorCode } from '../../src/errors/index.ts'
import { createTransactionSigner } from '../../src/chain/index.ts'
import type { SeededBytes } from '../../src/chain/file/seeded-bytes.ts'
import { createLossyTransport } from './lossy-transport.ts'
import type { LossyOptions, LossyTransport } from './lossy-transport.ts'

/** What went wrong between honest nodes, over the whole run. */
export interface ChurnTally {
  /** Incidents by code, then by protocol, peers' own errors as `code (remote)`. */
  readonly incidents: Map<string, number>
  /** Score changes by reason, as the guard's explanations show them; two within a second count once. */
  readonly charges: Map<string, { count: number, total: number }>
  readonly bans: string[]
  /** Sessions refused, by code. */
  readonly refusals: Map<string, number>
  readonly warnings: Map<string, number>
  /** Lowest merit (thousandths) any node gave another. */
  lowestMerit: number
  lowestScore: number
  /** Connections that died of the path. */
  died: number
  /** Longest a node took to stop, ms. */
  slowestStopMs: number
}

/** A member of the network: a data directory that outlives its node. */
export interface Member {
  readonly name: string
  readonly mines: boolean
  node: TosNode | undefined
  links: LossyTransport | undefined
  sent: bigint
}

export interface ChurnNetOptions {
  readonly root: string
  readonly members: number
  readonly miners: number
  readonly random: SeededBytes
  readonly links: Omit<LossyOptions, 'random'>
  readonly peers: { readonly min: number, readonly target: number, readonly max: number }
  readonly mineIntervalMs: number
}

export interface ChurnNet {
  readonly members: readonly Member[]
  readonly tally: ChurnTally
  start (member: Member): Promise<void>
  /** Ends a node: with a GOODBYE, or with all its sockets reset first. Its directory stays. */
  end (member: Member, how: 'goodbye' | 'kill'): Promise<void>
  /** Submits a transaction at a living member. */
  send (member: Member): Promise<void>
  /** Reads every living node's judgement of the others into the tally. */
  look (): void
}

const add = (map: Map<string, number>, key: string): void => { map.set(key, (map.get(key) ?? 0) + 1) }

/** TOS nodes in this process, joined by bad links. The first two members are the seeds everybody knows. */
export function createChurnNet ({ root, members: count, miners, random, links, peers, mineIntervalMs }: ChurnNetOptions): ChurnNet {
  const members: Member[] = Array.from({ length: count }, (_, i) => ({ name: `node${i}`, mines: i % 3 === 2 && i / 3 < miners, node: undefined, links: undefined, sent: 0n }))
  const addresses = new Map<Member, string>()
  const tally: ChurnTally = { incidents: new Map(), charges: new Map(), bans: [], refusals: new Map(), warnings: new Map(), lowestMerit: 500, lowestScore: 500, died: 0, slowestStopMs: 0 }
  const seen = new Set<string>()

  const watch = (member: Member, node: TosNode): void => {
    node.tos.kernel.incidents.listen(({ code, protocol, remote }: { code: TosErrorCode, protocol: string, remote: boolean }) => {
      add(tally.incidents, `${code}${remote ? ' (remote)' : ''} ${protocol}`)
    })
    node.tos.events.subscribe(event => {
      if (event.event === 'warning') add(tally.warnings, `${event.code} ${event.message.replace(/12D3\w+/g, 'PEER').slice(0, 120)}`)
      if (event.event === 'peer-refused' && event.code !== 'BANNED') add(tally.refusals, event.code)
      if (event.event === 'peer-refused' && event.code === 'BANNED') tally.bans.push(`${member.name} refused ${event.peerId}: ${event.message}`)
    })
  }
  const look = (member: Member, node: TosNode, now: number): void => {
    for (const other of members) {
      const id = other.node?.peerId.toString()
      if (id === undefined || other === member) continue
      const { merit, score, events, ban } = node.tos.guard.explain(id)
      tally.lowestMerit = Math.min(tally.lowestMerit, merit)
      tally.lowestScore = Math.min(tally.lowestScore, score)
      if (ban !== undefined) tally.bans.push(`${member.name} bans ${other.name}: ${ban.reason}`)
      for (const { reason, delta, ageMs } of events) {
        const key = `${member.name} ${other.name} ${reason} ${Math.round((now - ageMs) / 1000)}`
        if (seen.has(key)) continue
        seen.add(key)
        const sum = tally.charges.get(reason) ?? { count: 0, total: 0 }
        tally.charges.set(reason, { count: sum.count + 1, total: sum.total + delta })
      }
    }
  }

  return {
    members, tally,
    async start (member) {
      const dataDir = join(root, member.name)
      mkdirSync(dataDir, { recursive: true })
      const seeds = members.slice(0, 2).filter(seed => seed !== member).flatMap(seed => addresses.get(seed) ?? [])
      const lossy = createLossyTransport({ random: random.fraction, ...links })
      const known = addresses.get(member)?.replace(/\/p2p\/.*/, '')
      const node = await createTosNode({
        network: 'devnet', mdns: false, dataDir, bootstrap: seeds, peers, mine: member.mines, mineIntervalMs, transports: [lossy.transport],
        // all nodes share one event loop, and a busy machine
        stopDeadlineMs: 60_000,
        listen: [known ?? '/ip4/127.0.0.1/tcp/0']
      })
      addresses.set(member, String(node.getMultiaddrs()[0]))
      member.node = node
      member.links = lossy
      watch(member, node)
    },
    async end (member, how) {
      const { node, links } = member
      if (node === undefined || links === undefined) return
      const now = Date.now()
      for (const other of members) if (other.node !== undefined) look(other, other.node, now)
      member.node = undefined
      if (how === 'kill') links.cut()
      const began = performance.now()
      await node.stop()
      tally.slowestStopMs = Math.max(tally.slowestStopMs, Math.round(performance.now() - began))
      tally.died += links.counts.died
    },
    async send (member) {
      const { node } = member
      if (node === undefined) return
      const { privateKey, mempool, config } = node.tos
      const signer = createTransactionSigner(privateKey.raw.subarray(0, 32), config.network)
      await node.tos.submit(signer.sign({ nonce: mempool.nextNonce(signer.sender), fee: 10n, priority: 0, privacyLevel: 0, energyUsed: 0n, body: random.bytes(64) }))
      member.sent++
    },
    look () {
      const now = Date.now()
      for (const member of members) if (member.node !== undefined) look(member, member.node, now)
    }
  }
}
