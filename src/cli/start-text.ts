import type { LoadedConfig } from '../config/index.ts'
import type { StreamedEvent } from '../monitor/index.ts'
import { facts } from './output.ts'

/** What the node is, and what a newcomer does next. */
export function welcome (self: string, { config, origins }: LoadedConfig, ready: { readonly peerId: string, readonly nodeId: string, readonly addrs: readonly string[] }): string {
  const { network, preset, dataDir, mine, mineIntervalMs } = config
  const at = origins.dataDir === 'default' ? `--network ${network}` : `--data-dir ${quote(dataDir)}`
  const second = `${self} start --network ${network} --data-dir /tmp/tosd-second --listen /ip4/127.0.0.1/tcp/0 --bootstrap ${ready.addrs[0] ?? '<address>'}`
  return [
    `${config.userAgent} on ${network} (${preset}) is running`,
    '',
    facts([
      ['peer id', ready.peerId], ['node id', ready.nodeId], ...ready.addrs.map(addr => ['address', addr] as const), ['data', dataDir],
      ['mining', mine ? `a block every ${mineIntervalMs / 1000} s` : 'no (--mine turns it on)']
    ]),
    '',
    'next, in another terminal:',
    facts([[`${self} status ${at}`, 'how the node is'], [`${self} block get ${at}`, 'the newest block'], [`${self} tx send hello ${at}`, 'a transaction for the next one']]),
    `  ${second}`,
    '    a second node that syncs from this one',
    '',
    'Ctrl-C stops it gracefully.',
    ''
  ].join('\n')
}

/** One line for a person, or nothing for what happens too often. */
export function describeEvent (event: StreamedEvent): string | undefined {
  const line = textOf(event)
  return line === undefined ? undefined : `${new Date(event.at).toISOString().slice(11, 19)}  ${line}\n`
}

function textOf (event: StreamedEvent): string | undefined {
  switch (event.event) {
    case 'block': return `block ${event.height} ${event.hash.slice(0, 16)}… ${event.origin === 'mined' ? 'mined here' : 'received'}, ${event.transactions} transactions`
    case 'peer-connected': return `${event.direction === 'inbound' ? 'accepted' : 'reached'} ${event.peerId}`
    case 'peer-disconnected': return `lost ${event.peerId}${event.reason === undefined ? '' : ` (${event.reason})`}`
    case 'sync': return event.state === 'progress' ? undefined : `sync ${event.state} at height ${event.height} of ${event.targetHeight}`
    case 'transaction': return `transaction ${event.id.slice(0, 16)}… sent`
    case 'warning': return `warning: ${event.message} [${event.code}]`
    default: return undefined
  }
}

function quote (path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
