import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Answer, PeerEvent } from './peer-line.ts'
import type { PeerKind } from './toolchain.ts'

/** Longest a process may take to end after it was asked to. */
const END_MS = 10_000
/** Characters of a peer's log that a failure shows. */
const LOG_TAIL = 4_000

/** A process that reads and prints JSON lines. */
export interface ChildLines {
  readonly pid: number | undefined
  readonly isOver: () => boolean
  write (line: object): void
  /** An error that shows the end of the process's log. */
  failure (what: string): Error
  /** Writes `last`, closes its stdin, and ends it by its id if it does not end by itself. */
  stop (last?: object): Promise<void>
  /** Ends it by its id, now. */
  kill (): void
}

/** Starts a process. `hear` gets every line it prints, `over` the reason of its end once all it printed has been heard. */
export function startLines (kind: PeerKind, [command, ...args]: readonly [string, ...string[]], hear: (said: PeerEvent | Answer) => void, over: (what: string) => void): ChildLines {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let log = ''
  let isOver = false
  const end = (what: string): void => {
    isOver = true
    over(what)
  }
  child.stderr.on('data', (piece: Buffer) => { log = (log + piece.toString()).slice(-2 * LOG_TAIL) })
  // a peer that is gone shows by its exit; writing to it must not end the test
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', line => {
    const said = parse(line)
    if (said === undefined) log += `(not JSON) ${line}\n`
    else hear(said)
  })
  child.once('error', error => { end(`could not be started: ${error.message}`) })
  // all of stdout has been read by then
  child.once('close', (code, signal) => { end(`ended with ${code ?? signal}`) })

  const write = (line: object): void => { child.stdin.write(`${JSON.stringify(line)}\n`) }
  return {
    pid: child.pid,
    isOver: () => isOver,
    write,
    failure: what => new Error(`${kind} ${what}${log === '' ? '' : `\n--- log of ${kind} ---\n${log.slice(-LOG_TAIL)}`}`),
    async stop (last) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      const exit = once(child, 'exit')
      if (last !== undefined) write(last)
      child.stdin.end()
      const timer = setTimeout(() => { child.kill('SIGKILL') }, END_MS)
      await exit
      clearTimeout(timer)
    },
    kill () { child.kill('SIGKILL') }
  }
}

function parse (line: string): PeerEvent | Answer | undefined {
  try {
    return JSON.parse(line) as PeerEvent | Answer
  } catch {
    return undefined
  }
}
