import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A codec somebody else wrote, in a process of its own, behind JSON lines. */
export interface CodecProcess {
  /** Names of the messages it knows. */
  readonly types: readonly string[]
  readonly versions: Readonly<Record<string, string>>
  /** Sends a command; answers come in order. Rejects with the codec's reason, or when it is gone. */
  ask <T> (cmd: string, args: object): Promise<T>
  /** The same for a command with bytes: `parts` follow its line as they are, and so do those of the answer. */
  askBytes <T> (cmd: string, args: object, parts?: readonly Uint8Array[]): Promise<T & { readonly parts: readonly Buffer[] }>
  stop (): Promise<void>
}

interface Answer { readonly id: number, readonly ok: boolean, readonly error?: string, readonly parts?: readonly number[] }
type Said = Answer | ({ readonly event: string } & Pick<CodecProcess, 'types' | 'versions'>)

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
  const take = (said: Said, parts: readonly Buffer[]): void => {
    if ('event' in said) {
      ready.resolve(said)
      return
    }
    const asked = pending.get(said.id)
    pending.delete(said.id)
    if (said.ok) asked?.resolve({ ...said, parts })
    else asked?.reject(new Error(said.error))
  }
  child.stdout.on('data', lineReader(take))
  const ask = async <T>(cmd: string, more: object, parts: readonly Uint8Array[] = []): Promise<T & { readonly parts: readonly Buffer[] }> => {
    if (over !== undefined) throw over
    const answer = Promise.withResolvers<unknown>()
    pending.set(++last, answer)
    child.stdin.write(`${JSON.stringify({ id: last, cmd, ...more, parts: parts.map(part => part.length) })}\n`)
    for (const part of parts) child.stdin.write(part)
    return await answer.promise as T & { readonly parts: readonly Buffer[] }
  }
  const { types, versions } = await ready.promise
  return {
    types,
    versions,
    ask,
    askBytes: ask,
    async stop () {
      if (child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    }
  }
}

/** Cuts what the codec writes into lines, each with the bytes it says follow it. Pieces are joined once, when all of them are there. */
function lineReader (take: (said: Said, parts: readonly Buffer[]) => void): (piece: Buffer) => void {
  const pieces: Buffer[] = []
  let held = 0
  let line: Answer | undefined
  const wanted = ({ parts = [] }: Answer): number => parts.reduce((sum, size) => sum + size, 0)
  return given => {
    for (let piece = given; piece.length > 0;) {
      const end = line === undefined ? piece.indexOf(0x0a) + 1 : Math.min(piece.length, wanted(line) - held)
      const part = piece.subarray(0, end === 0 ? piece.length : end)
      piece = piece.subarray(part.length)
      pieces.push(part)
      held += part.length
      if (line === undefined ? end === 0 : held < wanted(line)) continue
      const whole = Buffer.concat(pieces.splice(0), held)
      held = 0
      if (line !== undefined) {
        let at = 0
        take(line, (line.parts ?? []).map(size => whole.subarray(at, at += size)))
        line = undefined
        continue
      }
      const said = JSON.parse(whole.toString()) as Said
      if ('event' in said || wanted(said) === 0) take(said, [])
      else line = said
    }
  }
}
