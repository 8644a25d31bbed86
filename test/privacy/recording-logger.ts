import { inspect } from 'node:util'
import type { ComponentLogger, Logger } from '@libp2p/interface'

/** Whatever a value holds, as text in which bytes stand in hexadecimal, wherever they are. Of a service or a connection no more than its name. */
export function textOf (value: unknown): string {
  return typeof value === 'string' ? value : inspect(hexed(value, 8), { depth: 12, maxArrayLength: null, maxStringLength: null, breakLength: Infinity })
}

function hexed (value: unknown, depth: number): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  if (Array.isArray(value)) return value.map(item => hexed(item, depth - 1))
  if (value instanceof Map || value instanceof Set) return Array.from(value, item => hexed(item, depth - 1))
  if (value instanceof Error) return { name: value.name, message: value.message, ...hexed({ ...value, cause: value.cause }, depth - 1) as object }
  if ('subarray' in value && typeof value.subarray === 'function') return hexed(value.subarray(), depth - 1)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return String(value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hexed(item, depth - 1)]))
}

/** A logger of all levels that keeps every line. */
export function createRecordingLogger (lines: string[]): ComponentLogger {
  const write = (...values: unknown[]): void => { lines.push(values.map(textOf).join(' ')) }
  const forComponent = (name: string): Logger => Object.assign(write.bind(undefined), { enabled: true, error: write, trace: write, newScope: (more: string) => forComponent(`${name}:${more}`) }) as Logger
  return { forComponent }
}
