import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const TOSD = fileURLToPath(new URL('../../scripts/tosd.mjs', import.meta.url))

/** What `tosd start --json` says first. */
export interface Ready { readonly peerId: string, readonly nodeId: string, readonly addrs: readonly string[], readonly adminSocket: string, readonly pid: number }

/** The best block. */
export interface Tip { readonly hash: string, readonly height: number }

/** A running `tosd` process. */
export interface Daemon {
  readonly dir: string
  readonly ready: Ready
  readonly child: ChildProcess
  /** Runs a command against it and returns its JSON, one value per line. */
  ask (...args: string[]): Promise<unknown[]>
  tip (): Promise<Tip>
  /** Resolves with the first status for which `holds` is true; the node says when to look. */
  until (holds: (tip: Tip) => boolean, timeoutMs?: number): Promise<Tip>
  /** Graceful stop; returns the exit code. */
  stop (): Promise<number | null>
  /** kill -9. */
  kill (): Promise<void>
}

/** What a daemon is started with; `env` is added to ours. */
export interface DaemonOptions { readonly bootstrap?: readonly string[], readonly args?: readonly string[], readonly env?: Readonly<Record<string, string>> }

/** Starts `tosd` on loopback and waits until it is ready. */
export async function startDaemon (dir: string, { bootstrap = [], args = [], env = {} }: DaemonOptions = {}): Promise<Daemon> {
  const child = spawn(process.execPath, [
    TOSD, 'start', '--network', 'devnet', '--data-dir', dir, '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', bootstrap.join(','), '--plain', '--no-mdns', '--json', ...args
  ], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let errors = ''
  child.stderr.on('data', (text: Buffer) => { errors += text.toString() })
  const events = createInterface({ input: child.stdout })
  const first = await Promise.race([once(events, 'line'), once(child, 'exit').then(() => { throw new Error(`tosd ended before it was ready: ${errors}`) })]) as [string]
  const ready = JSON.parse(first[0]) as Ready
  const ask = (...args: string[]): Promise<unknown[]> => runTosd(...args, '--admin-socket', ready.adminSocket, '--json')
  const listeners = new Set<(tip: Tip) => void>()
  let last: Tip | undefined
  events.on('line', line => {
    const event = JSON.parse(line) as Tip & { event: string }
    if (event.event !== 'tip') return
    last = event
    for (const listener of listeners) listener(event)
  })
  const tip = async (): Promise<Tip> => {
    const [status] = await ask('status') as [{ chain: Tip }]
    return status.chain
  }
  return {
    dir, ready, child, ask, tip,
    async until (holds, timeoutMs = 60_000) {
      const { promise, resolve, reject } = Promise.withResolvers<Tip>()
      const look = (seen: Tip): void => { if (holds(seen)) resolve(seen) }
      listeners.add(look)
      const timer = setTimeout(() => { reject(new Error(`not within ${timeoutMs} ms; tip ${JSON.stringify(last)}; ${errors}`)) }, timeoutMs)
      try {
        // before the first event only the node can tell
        look(last ?? await tip())
        return await promise
      } finally {
        clearTimeout(timer)
        listeners.delete(look)
      }
    },
    async stop () {
      if (child.exitCode !== null) return child.exitCode
      child.kill('SIGTERM')
      const [code] = await once(child, 'exit') as [number | null]
      return code
    },
    async kill () {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

/** Runs a `tosd` command to its end and returns what it printed, one JSON value per line. Rejects with its error text. */
export async function runTosd (...args: string[]): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [TOSD, ...args], { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`tosd ${args.join(' ')}: ${stderr || stdout}`, { cause: error }))
      else resolve(stdout.trim().split('\n').filter(line => line !== '').map(line => JSON.parse(line) as unknown))
    })
  })
}
