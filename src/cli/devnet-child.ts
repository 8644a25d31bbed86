import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { TosError } from '../errors/index.ts'
import type { ErrorReport } from '../errors/index.ts'
import { createAdminClient } from '../monitor/index.ts'
import type { AdminApi, StatusView } from '../monitor/index.ts'

/** Time a node has to get ready; several share few cores. */
const READY_MS = 60_000
/** Time it has to stop before it is killed. */
const STOP_MS = 15_000
/** Standard error kept for the report of a node that fails, characters. */
const MAX_TALK = 16_384

/** What `tosd start --json` prints first. */
export interface ReadyLine {
  readonly peerId: string
  readonly nodeId: string
  readonly addrs: readonly string[]
  readonly adminSocket: string
  readonly pid: number
}

/** One node of a devnet, a process of its own. */
export interface DevnetChild {
  readonly name: string
  readonly ready: ReadyLine
  readonly alive: boolean
  /** Nothing when the node does not answer. */
  status (signal?: AbortSignal): Promise<StatusView | undefined>
  /** Ends it gracefully, after 15 s by force. */
  stop (): Promise<void>
  /** Ends it now. */
  kill (): void
}

/** Starts `tosd start --network devnet --json` and waits for its ready line. Throws what the child failed with. */
export async function startChild ({ name, dataDir, args, signal }: { readonly name: string, readonly dataDir: string, readonly args: readonly string[], readonly signal: AbortSignal }): Promise<DevnetChild> {
  const script = process.argv[1] as string
  const all = [script, 'start', '--network', 'devnet', '--data-dir', dataDir, '--listen', '/ip4/127.0.0.1/tcp/0', '--no-mdns', '--log-level', 'error', '--json', ...args]
  // detached: a Ctrl-C of the terminal is ours to pass on, once
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const ended = new Promise<void>(resolve => { child.once('close', () => resolve()) })
  let talk = ''
  child.stderr.on('data', chunk => { talk = (talk + String(chunk)).slice(-MAX_TALK) })
  const ready = await firstLine(child, AbortSignal.any([signal, AbortSignal.timeout(READY_MS)]), () => failure(name, talk))
  const api: AdminApi = createAdminClient(ready.adminSocket, { timeoutMs: 5000 })
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    name,
    ready,
    get alive () { return isAlive() },
    async status (signal) {
      try {
        return await api.status({}, signal === undefined ? {} : { signal })
      } catch (error) {
        // a node that does not answer is shown as such
        if (error instanceof TosError) return undefined
        throw error
      }
    },
    async stop () {
      if (!isAlive()) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    },
    kill () {
      if (isAlive()) child.kill('SIGKILL')
    }
  }
}

function firstLine (child: ChildProcess, signal: AbortSignal, failed: () => TosError): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      child.kill('SIGKILL')
      reject(signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError' ? new TosError('TIMEOUT', `no node was ready after ${READY_MS / 1000} s`) : new TosError('ABORTED', 'the start was cancelled'))
    }
    signal.addEventListener('abort', giveUp, { once: true })
    child.once('error', error => reject(new TosError('INTERNAL', 'cannot start a node', { cause: error })))
    child.once('close', () => reject(failed()))
    if (child.stdout === null) return
    // the lines after the first are read and dropped, or the child would block on a full pipe
    createInterface({ input: child.stdout }).on('line', line => {
      if (!line.includes('"event":"ready"')) return
      signal.removeEventListener('abort', giveUp)
      resolve(JSON.parse(line) as ReadyLine)
    })
  })
}

function failure (name: string, talk: string): TosError {
  const last = talk.trim().split('\n').at(-1) ?? ''
  try {
    const { code, message, hint } = JSON.parse(last) as ErrorReport
    return new TosError(code, `${name}: ${message}`, { hint })
  } catch {
    return new TosError('INTERNAL', `${name} ended before it was ready`, { details: { stderr: last } })
  }
}
