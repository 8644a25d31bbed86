import { TosError } from '../errors/index.ts'
import type { Rate } from './gcra.ts'

/** Longest time-out a timer takes, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1
const THIRD_PARTY_CODES = 0x8000

/** Reports what is wrong with a definition: always `INVALID_DEFINITION`, always with the id in front. */
export type Wrong = (what: string) => never

/** Checks the id and returns the reporter for the rest. Definitions come from plain JavaScript too, so nothing is taken for granted. */
export function checkId (id: unknown): Wrong {
  const wrong: Wrong = what => { throw new TosError('INVALID_DEFINITION', `${String(id)}: ${what}`) }
  if (typeof id !== 'string' || !/^(?:\/[\w.{}-]+){2,}$/.test(id)) wrong('an id looks like /name/version, e.g. /acme/hello/1.0.0')
  return wrong
}

export function checkRate (rate: Rate | undefined, wrong: Wrong): void {
  if (!isPositive(rate?.count) || !isPositive(rate?.perMs)) wrong('limits.perPeer needs a count and perMs above 0')
}

export function checkTimeout (name: string, ms: unknown, wrong: Wrong): void {
  if (!isPositive(ms) || ms > MAX_TIMER_MS) wrong(`${name} must be above 0 and at most ${MAX_TIMER_MS} ms`)
}

export function checkPositive (name: string, value: unknown, wrong: Wrong): void {
  if (!isPositive(value)) wrong(`${name} must be a number above 0`)
}

/** What `defineMessage` returns. */
export function checkMessage (name: string, message: unknown, wrong: Wrong): void {
  const { code, maxBytes, payload } = (message ?? {}) as { code?: unknown, maxBytes?: unknown, payload?: unknown }
  if (!Number.isInteger(code) || !isPositive(maxBytes) || typeof payload !== 'object') wrong(`${name} must come from defineMessage`)
}

/** A count that may be left out. */
export function checkCount (name: string, count: unknown, wrong: Wrong): void {
  if (count !== undefined && (!Number.isInteger(count) || (count as number) < 1)) wrong(`${name} must be a whole number from 1 up`)
}

export function checkFunction (name: string, value: unknown, wrong: Wrong): void {
  if (value !== undefined && typeof value !== 'function') wrong(`${name} must be a function`)
}

export function checkCodes (types: { readonly request?: unknown, readonly response?: unknown } | undefined, wrong: Wrong): void {
  for (const code of [types?.request, types?.response]) {
    if (!Number.isInteger(code) || (code as number) < THIRD_PARTY_CODES || (code as number) > 0xffff) wrong(`code ${hex(code)} is outside 0x8000..0xffff`)
  }
  if (types?.request === types?.response) wrong('request and response need different codes')
}

function isPositive (value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function hex (code: unknown): string {
  return typeof code === 'number' ? `0x${code.toString(16)}` : String(code)
}
