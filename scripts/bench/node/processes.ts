import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A child process that is asked by lines and answers by lines. */
export interface Child {
  /** The next line it prints. Throws when it ended instead. */
  line (): Promise<string>
  tell (line: string): void
  /** Ends its standard input and waits until it is gone. */
  end (): Promise<void>
}

/** Starts a script, named from this folder; `env` is added to ours. */
export function startScript (name: string, args: readonly string[] = [], nodeArgs: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Child {
  const path = fileURLToPath(new URL(name, import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [...nodeArgs, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('a child without pipes')
  const lines = createInterface(stdout)[Symbol.asyncIterator]()
  return {
    async line () {
      const next = await lines.next()
      if (next.done === true) throw new Error(`${name} ended without an answer`)
      return next.value
    },
    tell (line) { stdin.write(`${line}\n`) },
    async end () {
      stdin.end()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}
