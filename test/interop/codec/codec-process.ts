import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A codec somebody else wrote, in a process of its own, behind JSON lines. */
export interface CodecProcess {
  /** Names of the messages it knows. */
  readonly types: readonly string[]
  readonly versions: Readonly<Record<string, string>>
  /** Sends a command; answers come in order. Rejects with the codec's reason, or when it is gone. */
  ask <T> (cmd: string, args: object): Promise<T>
  stop (): Promise<void>
}

interface Answer { readonly id: number, readonly ok: boolean, readonly error?: string }

/** Starts a codec and waits for its `ready`. Rejects with its log when it ends before. */
export async function startCodec (command: string, args: readonly string[]): Promise<CodecProcess> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const ready = Promise.withResolvers<Pick<CodecProcess, 'types' | 'versions'>>()
  const pending = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  let log = ''
  let over: Error | undefined
  const end = (error: Error): void => {
    over = error
    ready.reject(error)
    for (const { reject } of pending.values()) reject(error)
  }
  child.stderr.on('data', (piece: Buffer) => { log = (log + piece.toString()).slice(-4_000) })
  // a codec that is gone shows by its end; writing to it must not end the test
  child.stdin.on('error', () => {})
  child.once('error', end)
  child.once('close', code => { end(new Error(`the codec ended with ${code}\n${log}`)) })
  const take = (line: string): void => {
    const said = JSON.parse(line) as Answer | ({ readonly event: string } & Pick<CodecProcess, 'types' | 'versions'>)
    if ('event' in said) {
      ready.resolve(said)
      return
    }
    const asked = pending.get(said.id)
    pending.delete(said.id)
    if (said.ok) asked?.resolve(said)
    else asked?.reject(new Error(said.error))
  }
  // not node:readline: it ends lines at U+2028 too, which JSON texts may hold
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
  const { types, versions } = await ready.promise
  return {
    types,
    versions,
    async ask <T> (cmd: string, more: object) {
      if (over !== undefined) throw over
      const answer = Promise.withResolvers<unknown>()
      pending.set(++last, answer)
      child.stdin.write(`${JSON.stringify({ id: last, cmd, ...more })}\n`)
      return await answer.promise as T
    },
    async stop () {
      if (child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    }
  }
}
