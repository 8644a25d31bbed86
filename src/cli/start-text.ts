import type { LoadedConfig } from '../config/index.ts'
import { facts } from './output.ts'
import { quote } from './own-words.ts'

/** What the node is, and what a newcomer does next. */
export function welcome (self: string, { config, origins }: LoadedConfig, ready: { readonly peerId: string, readonly nodeId: string, readonly addrs: readonly string[] }): string {
  const { network, preset, dataDir, adminSocket, mine, mineIntervalMs } = config
  const socket = origins.adminSocket.startsWith('flag ') ? ` --admin-socket ${quote(adminSocket)}` : ''
  const at = `${origins.dataDir === 'default' ? `--network ${network}` : `--data-dir ${quote(dataDir)}`}${socket}`
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
