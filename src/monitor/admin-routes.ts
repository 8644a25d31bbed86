import { TosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'
import type { AdminApi } from './admin-api.ts'

/** A method of the API. */
export type AdminMethod = keyof AdminApi

type ParamsOf<M extends AdminMethod> = NonNullable<Parameters<AdminApi[M]>[0]>
type Kind<V> = V extends string ? 'string' : V extends number ? 'number' : V extends boolean ? 'boolean' : 'any'

/** How one method travels: `POST /v1/<method>` with its parameters as a JSON object; also `GET` when it only reads. */
export interface Route<P = Readonly<Record<string, unknown>>> {
  /** True when the answer is NDJSON, one item a line. */
  readonly stream: boolean
  readonly reads: boolean
  /** Kind of each parameter; `?` marks those that may be left out. */
  readonly params: { readonly [K in keyof P]-?: undefined extends P[K] ? `${Kind<NonNullable<P[K]>>}?` : Kind<P[K]> }
}

/** The one table behind server and client; the compiler holds it to `AdminApi`. */
export const ROUTES: { readonly [M in AdminMethod]: Route<ParamsOf<M>> & { readonly stream: AdminApi[M] extends (...args: never[]) => AsyncIterable<unknown> ? true : false } } = {
  id: { stream: false, reads: true, params: {} },
  status: { stream: false, reads: true, params: {} },
  doctor: { stream: false, reads: true, params: {} },
  show: { stream: false, reads: true, params: { name: 'string' } },
  config: { stream: false, reads: true, params: {} },
  peersLs: { stream: false, reads: true, params: {} },
  peersConnect: { stream: false, reads: false, params: { address: 'string' } },
  peersDisconnect: { stream: false, reads: false, params: { peer: 'string' } },
  peersExplain: { stream: false, reads: true, params: { peer: 'string' } },
  bansAdd: { stream: false, reads: false, params: { target: 'string', forMs: 'number?', reason: 'string?' } },
  discover: { stream: false, reads: true, params: {} },
  bansLs: { stream: false, reads: true, params: {} },
  bansRm: { stream: false, reads: false, params: { target: 'string' } },
  bansClear: { stream: false, reads: false, params: {} },
  ping: { stream: true, reads: false, params: { peer: 'string', count: 'number?', intervalMs: 'number?' } },
  blockGet: { stream: false, reads: true, params: { hash: 'string?', height: 'number?', full: 'boolean?' } },
  blockTips: { stream: false, reads: true, params: {} },
  blockMine: { stream: true, reads: false, params: { count: 'number?' } },
  blockTemplate: { stream: false, reads: true, params: { miner: 'string?', aiMined: 'boolean?' } },
  blockSubmit: { stream: false, reads: false, params: { template: 'string', nonce: 'string' } },
  shareSubmit: {
    stream: false, reads: false, params: {
      task: 'string?', block: 'string?', difficulty: 'string?', nonce: 'string?', answer: 'string?', quality: 'number?', energyUsed: 'string?', stakeAmount: 'string?', proof: 'string?', keyFile: 'string?', raw: 'string?', pool: 'string?'
    }
  },
  shareLs: { stream: false, reads: true, params: { miner: 'string?', max: 'number?' } },
  shareMiners: { stream: false, reads: true, params: {} },
  txSend: { stream: false, reads: false, params: { body: 'string?', fee: 'string?', priority: 'number?', privacyLevel: 'number?', energyUsed: 'string?', nonce: 'string?', keyFile: 'string?', raw: 'string?' } },
  txGet: { stream: false, reads: true, params: { id: 'string' } },
  txProof: { stream: false, reads: true, params: { id: 'string' } },
  chainImport: { stream: true, reads: false, params: { path: 'string' } },
  chainExport: { stream: true, reads: false, params: { path: 'string' } },
  chainVerify: { stream: true, reads: true, params: { signatures: 'boolean?' } },
  chainStats: { stream: false, reads: true, params: {} },
  request: { stream: true, reads: false, params: { protocol: 'string', peer: 'string', body: 'any?', timeoutMs: 'number?' } },
  events: { stream: true, reads: true, params: {} },
  stop: { stream: false, reads: false, params: {} }
}

/** Path of a method on the socket. */
export function routePath (method: AdminMethod): string {
  return `/v1/${method}`
}

/** The method a path names. */
export function methodOf (path: string): AdminMethod | undefined {
  const name = path.startsWith('/v1/') ? path.slice(4) : ''
  return Object.hasOwn(ROUTES, name) ? name as AdminMethod : undefined
}

/** Checks parameters against their row; in a query (`text`) numbers and booleans are spelled out. Throws `USAGE`. */
export function checkParams (method: AdminMethod, given: unknown, text: boolean): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new TosError('USAGE', `${method} takes an object of parameters`)
  const kinds = ROUTES[method].params as Readonly<Record<string, string>>
  const out: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const kind = kinds[name]
    if (kind === undefined) throw new TosError('USAGE', `${method} has no parameter ${name}; known: ${Object.keys(kinds).join(', ') || 'none'}`)
    out[name] = text ? fromText(value as string, kind) : value
    const plain = kind.replace('?', '')
    if (plain !== 'any' && typeof out[name] !== plain) throw new TosError('USAGE', `${method}: ${name} must be a ${plain}`)
  }
  for (const [name, kind] of Object.entries(kinds)) {
    if (!kind.endsWith('?') && out[name] === undefined) throw new TosError('USAGE', `${method} needs ${name}`)
  }
  return out
}

function fromText (value: string, kind: string): unknown {
  if (kind.startsWith('number') && /^\d{1,15}$/.test(value)) return Number(value)
  if (kind.startsWith('boolean') && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

const STATUS: { readonly [C in TosErrorCode]?: number } = {
  USAGE: 400, INVALID_VALUE: 400, INVALID_MESSAGE: 400, INVALID_TRANSACTION: 400, INVALID_BLOCK: 400, INVALID_SHARE: 400, CHAIN_FILE_INVALID: 400, FILE_UNREADABLE: 400,
  BLOCK_NOT_FOUND: 404, BLOCK_PRUNED: 404, TX_NOT_FOUND: 404, PROTOCOL_UNSUPPORTED: 404, STALE_TEMPLATE: 409, MESSAGE_TOO_LARGE: 413, BUSY: 429, RATE_LIMITED: 429, MEMPOOL_FULL: 429,
  ABORTED: 499, PEER_UNREACHABLE: 502, REMOTE_ERROR: 502, STREAM_CLOSED: 502, NOT_STARTED: 503, TIMEOUT: 504
}

/** HTTP status that fits a code; 500 for all not named. */
export function httpStatus (code: TosErrorCode): number {
  return STATUS[code] ?? 500
}
