import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createAdminClient } from '../../../src/monitor/index.ts'
import type { AdminApi } from '../../../src/monitor/index.ts'
import { startDaemon } from '../../../test/support/daemon.ts'
import type { Daemon } from '../../../test/support/daemon.ts'
import { warmUp } from './warm-up.ts'

/** Sizes of all tables of a daemon, by service. */
export type Tables = Record<string, Record<string, number>>

/** A `tosd` process under attack. */
export interface Target {
  readonly daemon: Daemon
  readonly address: string
  readonly admin: AdminApi
  /** Resident memory, MiB. */
  rss (): Promise<number>
  /** Runs `act`, and returns by how much resident memory stood above its start at most, MiB, looking 20 times a second. */
  growth (act: () => Promise<unknown>): Promise<number>
  /** Memory in use after a collection, MiB: what the daemon really holds. */
  liveHeap (): Promise<number>
  /** Resident memory once free pages are handed back, MiB: the runtime keeps them for itself otherwise. */
  compactRss (): Promise<number>
  /** Open files and sockets of the process; NaN where the system does not tell. */
  descriptors (): Promise<number>
  incidents (): Promise<Record<string, number>>
  tables (): Promise<Tables>
  /** What it printed on standard error. */
  complaints (): string
}

const MIB = 1024 * 1024
const SAMPLE_MS = 50
const COLLECTOR = new URL('collect-on-signal.ts', import.meta.url).href

/** How a target differs from the usual one. */
export interface TargetOptions {
  /** Further arguments of `tosd start`. */
  readonly args?: readonly string[]
  /** What it serves before it is attacked. */
  readonly warm?: (address: string) => Promise<void>
  /** Nothing is loaded into it, as an operator runs it: then `liveHeap` and `compactRss` must not be asked, for their signals would end it. */
  readonly untouched?: boolean
}

/** Starts a daemon in a folder of its own, lets `attack` at it, and removes both. Throws when the daemon did not survive. */
export async function withTarget<T> (attack: (target: Target) => Promise<T>, { args = [], warm = address => warmUp(address), untouched = false }: TargetOptions = {}): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'tos-attack-'))
  try {
    const daemon = await startDaemon(dir, { args, env: untouched ? {} : { NODE_OPTIONS: `--expose-gc --import ${COLLECTOR}` } })
    try {
      const target = describe(daemon)
      await warm(target.address)
      const result = await attack(target)
      // an attack may end with a graceful stop
      if ((daemon.child.exitCode ?? 0) !== 0 || daemon.child.signalCode !== null) throw new Error(`tosd ended: exit ${daemon.child.exitCode}, signal ${daemon.child.signalCode}`)
      return result
    } finally {
      await daemon.kill()
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function describe (daemon: Daemon): Target {
  const admin = createAdminClient(daemon.ready.adminSocket)
  let stderr = ''
  daemon.child.stderr?.on('data', (text: Buffer) => { stderr += text.toString() })
  const rss = (): Promise<number> => residentMiB(daemon.ready.pid, admin)
  return {
    daemon, admin, rss,
    address: daemon.ready.addrs[0] as string,
    descriptors: async () => process.platform === 'linux' ? (await readdir(`/proc/${daemon.ready.pid}/fd`)).length : NaN,
    incidents: async () => await admin.show({ name: 'incidents' }) as Record<string, number>,
    tables: async () => await admin.show({ name: 'dump' }) as Tables,
    complaints: () => stderr,
    async liveHeap () {
      daemon.child.kill('SIGUSR2')
      // the signal is a task of the daemon's event loop: the second answer comes from behind it
      await admin.status()
      return (await admin.status()).memory.heapBytes / MIB
    },
    async compactRss () {
      daemon.child.kill('SIGWINCH')
      await admin.status()
      await admin.status()
      return await rss()
    },
    async growth (act) {
      const before = await rss()
      let most = before
      const stop = new AbortController()
      const watching = (async () => {
        while (!stop.signal.aborted) {
          most = Math.max(most, await rss())
          await delay(SAMPLE_MS)
        }
      })()
      await act().finally(() => { stop.abort() })
      await watching
      return most - before
    }
  }
}

// the system tells at once, also while the daemon is busy; elsewhere the daemon is asked
async function residentMiB (pid: number, admin: AdminApi): Promise<number> {
  if (process.platform !== 'linux') return (await admin.status()).memory.rssBytes / MIB
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}
