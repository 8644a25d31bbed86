import { TosError } from '../../errors/index.ts'
import type { AdminApi, PeerView, PingView } from '../../monitor/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { explainCommand } from './explain.ts'
import { showBytes, showDuration, table } from '../output.ts'

/** `tosd peers ls|connect|disconnect` and `tosd ping`. */
export const peersCommands: CommandModule = (parent, cli) => {
  const peers = parent.command('peers').description('who the node is connected to')
  daemonCommand(peers, cli, 'ls', 'list connected peers', async (api, _args, flags) => {
    const list = await api.peersLs()
    if (list.length === 0) cli.out.talk('no peers')
    if (cli.out.json) for (const peer of list) await cli.out.data(peer, () => '')
    else if (list.length > 0) await cli.out.data(list, () => flags['verbose'] === true ? sessionTable(list) : peerTable(list))
  }).option('-v, --verbose', 'a row a connection: score, role, traffic and sealed session; with --json all that was measured (get_peer_stats)')
  daemonCommand(peers, cli, 'connect <address>', 'dial a multiaddr or a known peer id', async (api, [address = '']) => {
    const connected = await api.peersConnect({ address }, { signal: cli.signal })
    await cli.out.data(connected, () => `connected to ${connected.peerId} at ${connected.addr}`)
  })
  daemonCommand(peers, cli, 'disconnect <peer>', 'close all connections to a peer', async (api, [peer = '']) => {
    const result = await api.peersDisconnect({ peer })
    await cli.out.data(result, () => `closed ${result.closed} connections`)
  })
  explainCommand(peers, cli)
  daemonCommand(parent, cli, 'ping <peer>', 'measure the round trip to a peer id or multiaddr', async (api, [peer = ''], flags) => await ping(cli, api, peer, flags))
    .option('-c, --count <n>', 'how many', '4').option('--interval <time>', 'pause between two', '1s')
}

/** One row a peer; two connections to the same one are told in it. */
function peerTable (list: readonly PeerView[]): string {
  const rows = [...Map.groupBy(list, ({ peerId }) => peerId)].map(([peerId, views]) => {
    const rtts = views.flatMap(({ rttMs }) => rttMs ?? [])
    return [
      peerId, [...new Set(views.map(({ direction }) => direction === 'inbound' ? 'in' : 'out'))].join('+'), showDuration(Math.max(...views.map(({ connectedMs }) => connectedMs))),
      rtts.length === 0 ? '-' : `${Math.min(...rtts).toFixed(1)} ms`, views.find(({ userAgent }) => userAgent !== undefined)?.userAgent ?? '-', views.map(({ addr }) => addr).join(', ')
    ]
  })
  return table(['PEER', 'DIR', 'FOR', 'RTT', 'AGENT', 'ADDRESS'], rows)
}

/** One row a connection: what was measured of its peer, and the session that seals its streams. */
function sessionTable (list: readonly PeerView[]): string {
  const rows = list.map(({ peerId, direction, rttMs, stats, session, userAgent, addr }) => [
    peerId, direction === 'inbound' ? 'in' : 'out', stats?.role ?? '-', stats === undefined ? '-' : String(stats.score), rttMs === undefined ? '-' : `${rttMs.toFixed(1)} ms`,
    stats === undefined ? '-' : `${stats.messagesIn} / ${showBytes(stats.bytesIn)}`, stats === undefined ? '-' : `${stats.messagesOut} / ${showBytes(stats.bytesOut)}`,
    ...(session === undefined
      ? ['none', '-', '-', '-', '-']
      : [session.suite, String(session.epoch), showDuration(session.ageMs), `${session.frames} / ${showBytes(session.bytes)}`, session.height]),
    userAgent ?? '-', addr
  ])
  return table(['PEER', 'DIR', 'ROLE', 'SCORE', 'RTT', 'MESSAGES / BYTES IN', 'OUT', 'SESSION', 'EPOCH', 'KEYS FOR', 'FRAMES / BYTES', 'HEIGHT', 'AGENT', 'ADDRESS'], rows)
}

async function ping (cli: Cli, api: AdminApi, peer: string, flags: Flags): Promise<void> {
  const { parseDuration } = await import('../../config/index.ts')
  const [count, intervalMs] = [Number(flags['count']), parseDuration(String(flags['interval']))]
  if (!(Number.isSafeInteger(count) && count > 0) || intervalMs === undefined) throw new TosError('USAGE', '--count is a number above 0, --interval a time such as 500ms')
  const times: number[] = []
  let sent = 0
  for await (const item of api.ping({ peer, count, intervalMs }, { signal: cli.signal })) {
    sent++
    if (item.rttMs !== undefined) times.push(item.rttMs)
    await cli.out.data(item, () => renderPing(item))
  }
  cli.out.talk(summary(sent, times))
  if (times.length === 0) cli.exit(1)
}

function renderPing ({ seq, rttMs, error, cause, userAgent }: PingView): string {
  return rttMs === undefined ? `${seq}: lost (${error ?? 'no answer'}${cause === undefined ? '' : `: ${cause}`})` : `${seq}: ${rttMs.toFixed(2)} ms${userAgent === undefined ? '' : ` from ${userAgent}`}`
}

function summary (sent: number, times: readonly number[]): string {
  if (times.length === 0) return `${sent} sent, none answered`
  const sorted = [...times].sort((a, b) => a - b)
  return `${sent} sent, ${times.length} answered, min/median/max ${[sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map(ms => (ms as number).toFixed(2)).join('/')} ms`
}
