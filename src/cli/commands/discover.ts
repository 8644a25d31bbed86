import type { DiscoverView } from '../../monitor/index.ts'
import type { CommandModule } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { showDuration, table } from '../output.ts'

/** `tosd discover`: who could be dialled and who named them, why they are not connected, and why a source failed. */
export const discoverCommand: CommandModule = (parent, cli) => {
  daemonCommand(parent, cli, 'discover', 'who could be dialled, who named them, and why a source failed', async api => {
    const view = await api.discover()
    await cli.out.data(view, () => render(view))
  })
}

function render ({ at, candidates, sources, queue }: DiscoverView): string {
  const queued = new Map(queue.map(row => [row.key, row]))
  const rows = candidates.map(({ key, origins, addresses }) => {
    const { why = 'next', waitMs = 0, failures = 0 } = queued.get(key) ?? {}
    return [key, [...new Set(origins)].join(' '), waitMs > 0 && why === 'cooling' ? `${why} ${showDuration(waitMs)}` : why, String(failures), addresses.join(', ')]
  })
  const told = sources.map(({ origin, named, candidates: left, failures, refused }) => {
    const [last] = failures
    return [
      origin, String(named), String(left), Object.entries(refused).map(([code, count]) => `${code} ${count}`).join(' ') || '-',
      last === undefined ? '-' : `${last.error.code}: ${last.error.message} (${last.count}x, ${showDuration(Math.max(0, at - last.at))} ago)`
    ]
  })
  return [
    rows.length === 0 ? 'no candidates' : table(['PEER', 'NAMED BY', 'STATE', 'FAILED', 'ADDRESSES'], rows),
    told.length === 0 ? 'no source has answered yet' : table(['SOURCE', 'NAMED', 'CANDIDATES', 'REFUSED', 'LAST FAILURE'], told)
  ].join('\n\n')
}
