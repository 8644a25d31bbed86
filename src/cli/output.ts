import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Where a command puts what it has to say: data on standard output, talk on standard error. */
export interface Output {
  readonly json: boolean
  /** True when a person looks at standard output. */
  readonly isTerminal: boolean
  /** One result, or one item of a stream: a JSON line with `--json`, else the text of `render`. */
  data (value: unknown, render: () => string): Promise<void>
  /** Text as it is, which must be `printable`; waits while the reader is slow. */
  write (text: string): Promise<void>
  /** A remark for a person; left out with `--json`. */
  talk (text: string): void
}

/** Output over two streams. */
export function createOutput (stdout: Writable & { readonly isTTY?: boolean }, stderr: Writable, json: boolean): Output {
  const write = async (text: string): Promise<void> => {
    if (!stdout.destroyed && !stdout.write(text)) await Promise.race([once(stdout, 'drain'), once(stdout, 'close')])
  }
  return {
    json,
    isTerminal: stdout.isTTY === true,
    write,
    data: (value, render) => write(json ? `${toJsonText(value)}\n` : ending(printable(render()))),
    talk (text) {
      if (!json) stderr.write(`${printable(text)}\n`)
    }
  }
}

/** JSON on one line; bigint as a decimal string. */
export function toJsonText (value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) => typeof item === 'bigint' ? item.toString() : item)
  // JSON leaves these as they are, a terminal obeys them
  return text.replace(/[\u007f-\u009f]/g, escaped)
}

/** Text that a terminal shows and does not obey: control characters but line ends and tabs become escapes. */
export function printable (text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, escaped)
}

function escaped (character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Columns of text, aligned; the last one is not padded. */
export function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const all = head.length === 0 ? rows : [head, ...rows]
  const widths = all.reduce<number[]>((widths, row) => row.map((cell, i) => Math.max(widths[i] ?? 0, cell.length)), [])
  return all.map(row => row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd()).join('\n')
}

/** `name  value` lines, indented; rows whose value is missing are left out. */
export function facts (rows: ReadonlyArray<readonly [string, string | number | undefined]>): string {
  return table([], rows.flatMap(([name, value]) => value === undefined || value === '' ? [] : [[`  ${name}`, String(value)]]))
}

/** Milliseconds in the largest fitting unit. */
export function showDuration (ms: number): string {
  for (const [unit, size] of [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]] as const) {
    if (ms >= size) return `${(ms / size).toFixed(ms >= size * 10 ? 0 : 1)} ${unit}`
  }
  return `${Math.round(ms)} ms`
}

/** Bytes in the largest fitting binary unit. */
export function showBytes (bytes: number): string {
  for (const [unit, size] of [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`
  }
  return `${bytes} B`
}

function ending (text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
