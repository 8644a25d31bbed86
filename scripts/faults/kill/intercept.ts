import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'
import { ClassicLevel } from 'classic-level'

/*
 * Fail points from outside: every call by which the store reaches the disk is wrapped before the store is loaded. The store knows
 * nothing of it, and an ordinary process pays nothing.
 */

/** Told before a call, once it was made (`during`) and at its end. Calls go by verb and file, e.g. `put record`, `rename blocks.new`. */
export type OnCall = (call: string, when: 'before' | 'during' | 'after') => void

type Method = (this: unknown, ...args: unknown[]) => unknown
type Methods = Record<string, Method>

/** Wraps LevelDB and the file calls of the store; `writeBufferSize` makes LevelDB write its tables earlier. */
export function interceptStore (onCall: OnCall, { writeBufferSize }: { readonly writeBufferSize?: number | undefined } = {}): void {
  const level = ClassicLevel.prototype as unknown as Methods
  const place = (db: unknown): string => basename((db as ClassicLevel).location)
  wrap(level, 'open', (db) => `open ${place(db)}`)
  wrap(level, 'close', db => `close ${place(db)}`)
  wrap(level, 'clear', db => `clear ${place(db)}`)
  wrap(level, 'batch', db => `batch ${place(db)}`)
  wrap(level, 'put', (db, [key]) => place(db) !== 'blocks' ? `put ${place(db)}` : (key as Buffer)[0] === 0x62 ? 'put record' : 'put flushed')
  wrap(ClassicLevel as unknown as Methods, 'repair', (_, [location]) => `repair ${basename(String(location))}`)
  const files = fs.promises as unknown as Methods
  wrap(files, 'rename', (_, [from]) => `rename ${basename(String(from))}`)
  wrap(files, 'rm', (_, [path]) => `remove ${basename(String(path))}`)
  wrap(files, 'writeFile', (_, [path]) => `write ${basename(String(path))}`)
  wrap(fs as unknown as Methods, 'writeSync', () => 'write mark')
  wrap(fs as unknown as Methods, 'fsync', () => 'sync mark')
  if (writeBufferSize !== undefined) {
    const open = level['open'] as Method
    level['open'] = function (options: unknown) { return open.call(this, { ...options as object, writeBufferSize }) }
  }
  syncBuiltinESMExports()

  function wrap (owner: Methods, name: string, callOf: (self: unknown, args: readonly unknown[]) => string): void {
    const original = owner[name] as Method
    owner[name] = function (...args) {
      const call = callOf(this, args)
      onCall(call, 'before')
      const last = args.at(-1)
      // node:fs tells its callback, all others return a promise or are done
      if (typeof last === 'function') args[args.length - 1] = (...given: unknown[]) => { onCall(call, 'after'); (last as Method)(...given) }
      const result = original.apply(this, args)
      onCall(call, 'during')
      if (result instanceof Promise) return result.then((value: unknown) => { onCall(call, 'after'); return value })
      if (typeof last !== 'function') onCall(call, 'after')
      return result
    }
  }
}
