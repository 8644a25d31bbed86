import { TosError } from '../../errors/index.ts'
import type { BanView } from '../../monitor/index.ts'
import type { Cli, CommandModule } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { showDuration, table } from '../output.ts'

/** `tosd bans add|ls|rm|clear`. */
export const bansCommand: CommandModule = (parent, cli) => {
  const bans = parent.command('bans').description('who is not let in')
  daemonCommand(bans, cli, 'add <target>', 'ban a peer id, a node id, an address or a CIDR range, and hang up', async (api, [target = ''], flags) => {
    const ban = await api.bansAdd({ target, ...await terms(flags['for']), ...(typeof flags['reason'] === 'string' ? { reason: flags['reason'] } : {}) })
    await cli.out.data(ban, () => `${ban.target} is banned; the ban ends ${untilText(ban)}`)
  }).option('--for <time>', 'how long, such as 24h; without it until it is removed').option('--reason <text>', 'what others shall read, the peer included')
  daemonCommand(bans, cli, 'ls', 'list the bans in force', async api => { await show(cli, await api.bansLs(), 'no bans') })
  daemonCommand(bans, cli, 'rm <target>', 'end every ban of a target, and forget its offences', async (api, [target = '']) => {
    const removed = await api.bansRm({ target })
    await show(cli, removed, `no ban of ${target}`)
    if (removed.length === 0) cli.exit(1)
  })
  daemonCommand(bans, cli, 'clear', 'end all bans', async api => { await show(cli, await api.bansClear(), 'no bans') })
}

async function terms (text: unknown): Promise<{ readonly forMs?: number }> {
  if (text === undefined) return {}
  const { parseDuration } = await import('../../config/index.ts')
  const forMs = parseDuration(String(text))
  if (forMs === undefined || forMs <= 0) throw new TosError('USAGE', '--for is a time such as 30m or 24h')
  return { forMs }
}

async function show (cli: Cli, list: readonly BanView[], none: string): Promise<void> {
  if (list.length === 0) cli.out.talk(none)
  if (cli.out.json) for (const ban of list) await cli.out.data(ban, () => '')
  else if (list.length > 0) await cli.out.data(list, () => table(['TARGET', 'BY', 'TIMES', 'ENDS', 'REASON'], list.map(ban => [ban.target, ban.by, String(ban.times), untilText(ban), ban.reason])))
}

function untilText ({ until }: BanView): string {
  return until === undefined ? 'when it is removed' : `in ${showDuration(Math.max(0, until - Date.now()))}`
}
