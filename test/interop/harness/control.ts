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
/** In place of a configuration: nodes are begun by `start`, and every line names its node. */
const MANY = '--many'

type Start = (config: PeerConfig) => Promise<ControlPeer>
type Say = (line: object) => void
interface Request extends Arguments { readonly id: number, readonly cmd: string }

/** A running node behind its commands. */
interface Session { readonly commands: Commands, readonly end: () => Promise<void> }

const say: Say = line => { process.stdout.write(`${JSON.stringify(line)}\n`) }

/**
 * Runs js-libp2p nodes behind the control protocol (see README.md) until `quit` or the end of stdin: the whole of a peer but for the
 * node itself. What `start` throws as `Unsupported` ends a process of one node with code 3.
 */
export async function runControl (start: Start): Promise<void> {
  // a stream that breaks may reject somewhere inside a library: that is reported, and must not end the peer
  process.on('unhandledRejection', error => { console.error('unhandled rejection', error) })
  const config = process.argv[2] ?? '{}'
  if (config === MANY) runMany(start)
  else await runOne(start, config)
}

async function runOne (start: Start, config: string): Promise<void> {
  const session = await open(start, config, say)
  if (session === undefined) {
    process.exitCode = EXIT_UNSUPPORTED
    return
  }
  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => {
    if (line.trim() === '') return
    const request = JSON.parse(line) as Request
    if (request.cmd === 'quit') {
      say({ id: request.id, ok: true })
      lines.close()
    } else {
      void answer(request, session.commands, say)
    }
  })
  lines.on('close', () => { void exitAfter([session.end()]) })
}

/** Nodes side by side in one process, numbered by whoever starts them. A node that is not ready leaves the others alone. */
function runMany (start: Start): void {
  const sessions = new Map<number, Promise<Session | undefined>>()
  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => {
    const { node, ...request } = JSON.parse(line) as Request & { readonly node: number }
    const sayAs: Say = said => { say({ node, ...said }) }
    if (request.cmd === 'start') {
      sessions.set(node, open(start, JSON.stringify(request['config']), sayAs).catch((error: unknown) => {
        console.error(`node ${node} does not start`, error)
        sayAs({ event: 'failed', what: String(error) })
        return undefined
      }))
    } else {
      void sessions.get(node)?.then(async session => {
        if (request.cmd === 'quit') {
          sessions.delete(node)
          await session?.end()
        }
        await answer(request, { quit: () => ({}), ...session?.commands }, sayAs)
      })
    }
  })
  lines.on('close', () => { void exitAfter([...sessions.values()].map(async session => { await (await session)?.end() })) })
}

/** Starts a node and says `ready`, or `unsupported` with what it lacks; nothing is returned then. */
async function open (start: Start, config: string, sayAs: Say): Promise<Session | undefined> {
  let peer: ControlPeer
  try {
    peer = await start(parsePeerConfig(config))
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    sayAs({ event: 'unsupported', what: error.message })
    return undefined
  }
  const emit: Emit = sayAs
  const { node, dht, gossip, versions } = peer
  await serveStanding(node, error => { console.error('stream', error) })
  const commands: Commands = {
    ...connectionCommands(peer), ...streamCommands(peer), ...serveCommands(peer, emit),
    ...(dht === undefined ? {} : dhtCommands(dht)), ...(gossip === undefined ? {} : gossipCommands(gossip, emit)), ...peer.commands
  }
  emit({ event: 'ready', peerId: node.peerId.toString(), addrs: node.getMultiaddrs().map(String), versions })
  return {
    commands,
    async end () {
      try {
        await node.stop()
      } catch (error) {
        console.error('stop', error)
      }
    }
  }
}

/** A library may hold a timer or a socket a while longer; the test waits for the exit. */
async function exitAfter (ends: ReadonlyArray<Promise<void>>): Promise<void> {
  await Promise.all(ends)
  process.exit(0)
}

async function answer ({ id, cmd, ...args }: Request, commands: Commands, sayAs: Say): Promise<void> {
  try {
    const command = commands[cmd]
    if (command === undefined) throw new Unsupported(`command ${cmd}`)
    sayAs({ id, ok: true, ...await command(args) as object })
  } catch (error) {
    const { name, message } = error as Error
    sayAs({ id, ok: false, error: `${name}: ${message}` })
  }
}
