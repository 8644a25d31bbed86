import type { ScoreView } from '../../monitor/index.ts'
import type { CommandModule } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { facts, showDuration, table } from '../output.ts'

/** `tosd peers explain`: every number that makes up a score. */
export const explainCommand: CommandModule = (peers, cli) => {
  daemonCommand(peers, cli, 'explain <peer>', 'every number that makes up the score of a peer', async (api, [peer = '']) => {
    const view = await api.peersExplain({ peer })
    await cli.out.data(view, () => render(view))
  })
}

function render (view: ScoreView): string {
  const { ban, base, connectedMs, decay, events, heldMs, lagMs, limits, merit, older, rewards, score, storm, suppressed, trouble } = view
  const sum = events.reduce((total, { delta }) => total + delta, 0)
  const used = rewards.filter(({ used }) => used > 0)
  return [
    view.peer,
    facts([
      ['score', `${score} of 1000 (banned below ${limits.threshold})`],
      ['made of', `${merit} merit − ${trouble} trouble (of ${limits.maxTrouble} at most)`],
      ['which is', `${base} start + ${older} older + ${sum} events below + ${decay} decay`],
      ['connected', connectedMs === undefined ? 'no' : `for ${showDuration(connectedMs)}`],
      ['banned', ban === undefined ? 'no' : `by ${ban.by}: ${ban.reason}${ban.until === undefined ? '' : `; ends in ${showDuration(Math.max(0, ban.until - Date.now()))}`}`],
      ['frozen', heldMs === undefined ? undefined : `for ${showDuration(heldMs)}`],
      ['whitelisted', view.whitelisted ? 'yes' : 'no'],
      ['our lag', `${Math.round(lagMs)} ms`],
      ['bans', storm.open ? `suspended: ${storm.offenders} of ${storm.known} peers offend at once` : `in force: ${storm.offenders} offenders of ${storm.known} peers`]
    ]),
    ...(events.length === 0 ? [] : [table(['EVENT', 'POINTS', 'AGO'], events.map(({ ageMs, delta, reason }) => [reason, String(delta), showDuration(ageMs)]))]),
    ...(suppressed.length === 0 ? [] : [table(['NOT COUNTED', 'TIMES', 'AGO'], suppressed.map(({ count, lastAgeMs, reason }) => [reason, String(count), showDuration(lastAgeMs)]))]),
    ...(used.length === 0 ? [] : [table(['EARNED THIS MINUTE', 'POINTS', 'OF', 'UP TO'], used.map(({ ceiling, perMinute, reason, used }) => [reason, String(used), String(perMinute), String(ceiling)]))])
  ].join('\n')
}
