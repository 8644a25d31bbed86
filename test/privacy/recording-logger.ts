import { inspect } from 'node:util'
import type { ComponentLogger, Logger } from '@libp2p/interface'

/** Whatever a value holds, as text in which bytes stand in hexadecimal, wherever they are. */
export function textOf (value: unknown): string {
  return typeof value === 'string' ? value : inspect(hexed(value, 8), { depth: 12, maxArrayLength: null, maxStringLength: null, breakLength: Infinity })
}

function hexed (value: unknown, depth: number): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (depth === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => hexed(item, depth - 1))
  if (value instanceof Map || value instanceof Set) return [...value].map(item => hexed(item, depth - 1))
  const plain = Object.getPrototypeOf(value) === Object.prototype
  if (value instanceof Error) return { name: value.name, message: value.message, ...hexed({ ...value, cause: value.cause }, depth - 1) as object }
  return plain ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hexed(item, depth - 1)])) : value
}

/** A logger of all levels that keeps every line. */
export function createRecordingLogger (lines: string[]): ComponentLogger {
  const write = (...values: unknown[]): void => { lines.push(values.map(textOf).join(' ')) }
  const forComponent = (name: string): Logger => Object.assign(write.bind(undefined), { enabled: true, error: write, trace: write, newScope: (more: string) => forComponent(`${name}:${more}`) }) as Logger
  return { forComponent }
}
