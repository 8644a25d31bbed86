import type { BanView, NodeApi } from '../../monitor/index.ts'
import type { Ban } from '../../peers/bans/index.ts'
import type { TosNode } from '../tos-node.ts'
import { parsePeer } from './target.ts'

/** The part of the admin API that speaks of scores and bans. */
export function createGuardApi (node: TosNode): Pick<NodeApi, 'bansAdd' | 'bansLs' | 'bansRm' | 'bansClear' | 'peersExplain'> {
  const { bans, explain } = node.tos.guard
  return {
    bansAdd: async ({ target, forMs, reason }) => view(bans.add(nameOf(target), { ...(forMs === undefined ? {} : { for: forMs }), ...(reason === undefined ? {} : { reason }) })),
    bansLs: async () => bans.ls().map(view),
    bansRm: async ({ target }) => bans.rm(nameOf(target)).map(view),
    bansClear: async () => bans.clear().map(view),
    peersExplain: async ({ peer }) => explain(parsePeer(peer).toString())
  }
}

// a node id in hex is a peer too; all else the ban list reads
function nameOf (target: string): string {
  return /^(?:0x)?[0-9a-f]{64}$/i.test(target) ? parsePeer(target).toString() : target
}

function view ({ target, by, reason, since, times, until }: Ban): BanView {
  return { target, by, reason, since, times, ...(until === undefined ? {} : { until }) }
}
