import { createInterface } from 'node:readline'
import { connectionCommands } from './control/connection-commands.ts'
import type { Arguments, Commands, ControlPeer, Emit } from './control/control-peer.ts'
import { dhtCommands } from './control/dht-commands.ts'
import { gossipCommands } from './control/gossip-commands.ts'
import { serveCommands } from './control/serve-commands.ts'
import { serveStanding } from './control/standing-services.ts'
import { streamCommands } from './control/stream-commands.ts'
import { parsePeerConfig, Unsupported } from './peer-config.ts'
import type { PeerConfig } from './peer-config.ts'

const EXIT_UNSUPPORTED = 3

const emit: Emit = event => { process.stdout.write(`${JSON.stringify(event)}\n`) }

/**
 * Runs a js-libp2p node behind the control protocol (see README.md) until `quit` or the end of stdin: the whole of a peer but for the
 * node itself. What `start` throws as `Unsupported` ends the process with code 3.
 */
export async function runControl (start: (config: PeerConfig) => Promise<ControlPeer>): Promise<void> {
  // a stream that breaks may reject somewhere inside a library: that is reported, and must not end the peer
  process.on('unhandledRejection', error => { console.error('unhandled rejection', error) })
  let peer: ControlPeer
  try {
    peer = await start(parsePeerConfig(process.argv[2] ?? '{}'))
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    emit({ event: 'unsupported', what: error.message })
    process.exitCode = EXIT_UNSUPPORTED
    return
  }
  const { node, dht, gossip, versions } = peer
  await serveStanding(node, error => { console.error('stream', error) })
  const commands: Commands = {
    ...connectionCommands(peer), ...streamCommands(peer), ...serveCommands(peer, emit),
    ...(dht === undefined ? {} : dhtCommands(dht)), ...(gossip === undefined ? {} : gossipCommands(gossip, emit)), ...peer.commands
  }
  emit({ event: 'ready', peerId: node.peerId.toString(), addrs: node.getMultiaddrs().map(String), versions })

  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => { if (line.trim() !== '') void take(line, commands, () => { lines.close() }) })
  lines.on('close', () => {
    void end(node)
  })
}

async function end (node: ControlPeer['node']): Promise<void> {
  try {
    await node.stop()
  } catch (error) {
    console.error('stop', error)
  }
  // a library may hold a timer or a socket a while longer; the test waits for the exit
  process.exit(0)
}

async function take (line: string, commands: Commands, quit: () => void): Promise<void> {
  const { id, cmd, ...args } = JSON.parse(line) as Arguments & { readonly id: number, readonly cmd: string }
  if (cmd === 'quit') {
    process.stdout.write(`${JSON.stringify({ id, ok: true })}\n`)
    quit()
    return
  }
  try {
    const command = commands[cmd]
    if (command === undefined) throw new Unsupported(`command ${cmd}`)
    const answer = await command(args) as object
    process.stdout.write(`${JSON.stringify({ id, ok: true, ...answer })}\n`)
  } catch (error) {
    const { name, message } = error as Error
    process.stdout.write(`${JSON.stringify({ id, ok: false, error: `${name}: ${message}` })}\n`)
  }
}
