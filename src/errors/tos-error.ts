import { ERROR_CODES } from './codes.ts'
import type { TosErrorCode } from './codes.ts'

/** Facts about a failure; bigint prints as a decimal string, and no secret ever goes in. */
export type ErrorDetails = Readonly<Record<string, unknown>>

/** What the CLI, the admin socket and the logs print for an error. */
export interface ErrorReport {
  readonly code: TosErrorCode
  readonly message: string
  readonly hint: string
  readonly details?: ErrorDetails
  readonly cause?: string
}

/** Extra parts of a `TosError`. */
export interface TosErrorOptions {
  /** What led to this error. */
  readonly cause?: unknown
  /** Facts for a program: sizes, ids, limits. */
  readonly details?: ErrorDetails
  /** Overrides the catalogue's hint where the place knows better. */
  readonly hint?: string
}

/** The one error class of the project. Match on `code`, never on the message. */
export class TosError extends Error {
  override readonly name = 'TosError'
  readonly code: TosErrorCode
  readonly hint: string
  readonly details: ErrorDetails | undefined

  constructor (code: TosErrorCode, message: string, options: TosErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    // plain JavaScript may pass a code that is in no catalogue
    this.hint = options.hint ?? (ERROR_CODES[code] as { hint: string } | undefined)?.hint ?? 'the thrower used a code of its own'
    this.details = options.details
  }

  toJSON (): ErrorReport {
    const cause = this.cause === undefined ? undefined : describeCause(this.cause)
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      ...(this.details === undefined ? {} : { details: plain(this.details) }),
      ...(cause === undefined ? {} : { cause })
    }
  }
}

/** Returns `error` when it is a `TosError`, else wraps it under `code` with the original as cause. */
export function toTosError (error: unknown, code: TosErrorCode = 'INTERNAL'): TosError {
  if (error instanceof TosError) return error
  return new TosError(code, error instanceof Error ? error.message : String(error), { cause: error })
}

/** Longest text of a cause, characters. */
const MAX_CAUSE = 200

/** A cause on one line: `Name: first line of its message`; of several failures the first, and how many more there are. Never empty. */
export function describeCause (cause: unknown): string {
  if (!(cause instanceof Error)) return firstLine(String(cause)) || 'no reason given'
  // libp2p's AggregateError says only that all dials failed: the reason is inside
  const errors: readonly unknown[] = cause instanceof AggregateError ? cause.errors : []
  if (errors.length > 0) return short(`${describeCause(errors[0])}${errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`}`)
  const text = firstLine(cause.message)
  if (text !== '') return short(`${cause.name}: ${text}`)
  if (cause.cause !== undefined) return describeCause(cause.cause)
  const { code } = cause as NodeJS.ErrnoException
  return short(`${cause.name}: ${code ?? 'no message'}`)
}

function firstLine (text: string): string {
  return text.trim().split(/\r?\n/, 1)[0] ?? ''
}

function short (text: string): string {
  return text.length > MAX_CAUSE ? `${text.slice(0, MAX_CAUSE - 1)}…` : text
}

function plain (details: ErrorDetails): ErrorDetails {
  return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]))
}
