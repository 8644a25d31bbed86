import { inspect } from 'node:util'

/** Longest line of one message, characters: a peer chooses parts of what is logged. */
const MAX_LENGTH = 4096
/** Longest single value in it, so that one of them does not push the others out. */
const MAX_VALUE = 1024
/** Control characters and changes of the writing direction: a peer could move the cursor with them, or colour the terminal. */
const STEERING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu
const REPLACEMENT = '\u{fffd}'

/** Fills `%s`, `%d`, `%i`, `%o`, `%O`, `%j` and libp2p's `%p`, `%a`, `%k`, `%b`, `%t`, `%m`, `%e` in order; further arguments follow. Control characters are replaced; a line break stays in our own text only. */
export function formatMessage (message: unknown, args: readonly unknown[]): string {
  let used = 0
  const text = typeof message === 'string'
    ? message.replace(/%([a-zA-Z%])/g, (all, letter: string) => {
      if (letter === '%') return '%'
      return used < args.length ? show(args[used++], letter) : all
    })
    : show(message, 'e')
  return [text, ...args.slice(used).map(value => show(value, 'e'))].join(' ').slice(0, MAX_LENGTH).replace(STEERING, found => found === '\n' ? found : REPLACEMENT)
}

function show (value: unknown, letter: string): string {
  return textOf(value, letter).slice(0, MAX_VALUE).replace(STEERING, REPLACEMENT)
}

function textOf (value: unknown, letter: string): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, 64)).toString('hex')
  if (letter === 'o' || letter === 'O' || letter === 'j') return inspect(value, { depth: 3, breakLength: Infinity })
  return typeof value === 'object' && value !== null && value.toString === Object.prototype.toString ? inspect(value, { depth: 1, breakLength: Infinity }) : String(value)
}
