import type { StatusView } from '../monitor/index.ts'
import { table } from './output.ts'

/** One node of the view. */
export interface Row<C = { readonly name: string, readonly alive: boolean }> {
  readonly child: C
  /** Nothing when the node did not answer. */
  readonly status: StatusView | undefined
}

/** The view below its head line: a row a node, named as its data directory is, and whether those that answer agree. */
export function devnetView (head: string, rows: readonly Row[]): string {
  const tips = new Set(rows.flatMap(({ status }) => status?.chain.hash ?? []))
  const lines = rows.map(({ child, status }) => status === undefined
    ? [child.name, child.alive ? 'silent' : 'dead', '', '', '', '', '']
    : [child.name, status.ready ? 'ready' : 'waiting', String(status.peers.connected), String(status.chain.height), status.chain.hash.slice(0, 16), String(status.mempool), `${Math.round(status.memory.rssBytes / 1_048_576)} MiB`])
  const agreement = tips.size === 0 ? 'no node answers' : tips.size === 1 ? 'all on one tip' : `${tips.size} different tips`
  return `${head}\n${table(['DATA DIR', 'STATE', 'PEERS', 'HEIGHT', 'TIP', 'POOL', 'MEMORY'], lines)}\n${agreement}\n`
}
