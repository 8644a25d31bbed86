import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { Schema } from '../wire/index.ts'
import { checkCodes, checkCount, checkFunction, checkId, checkRate, checkTimeout } from './definition-checks.ts'
import { correlated, wrapBody } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import type { Rate } from './gcra.ts'
import type { MessageType, PrivacyLevel } from './message.ts'

/** Limits of one protocol. The receiver enforces them; the sender keeps to the same ones. */
export interface ProtocolLimits {
  /** Cost units a peer may spend, e.g. `{ count: 20, perMs: 10_000 }`. */
  readonly perPeer: Rate
  /** Longest a request may take, ms. */
  readonly timeoutMs: number
  /** Requests of one stream that may be in a handler at once, default 64; more wait in the stream. */
  readonly maxConcurrent?: number
  /** Requests to one peer that may be unanswered, default 1,024; more fail with `BUSY`. */
  readonly maxPending?: number
}

/** What a handler knows about the request at hand. */
export interface RequestContext {
  /** Who asks: the key that authenticated the connection. */
  readonly peer: PeerId
  readonly connection: Connection
  /** Aborts on time-out, when the stream closes and when the node stops. */
  readonly signal: AbortSignal
  readonly log: Logger
}

/**
 * Answers a request: a value, a promise, several values in turn, or nothing (no answer is sent). Like all functions of a definition it
 * has method variance, so that definitions of any message fit into one list.
 */
export type Handler<Req, Res> = { handle (request: Req, context: RequestContext): Res | undefined | Promise<Res | undefined> | AsyncIterable<Res> }['handle']

/** Takes a response that answers no request. */
export type UnsolicitedHandler<Res> = { take (response: Res, context: RequestContext): void }['take']

/** A request/response protocol in one object: id, codes, codecs, cost, limits, privacy and handler. */
export interface ProtocolDefinition<Req, Res> {
  readonly kind: 'protocol'
  /** Protocol id; `{net}` stands for the network. */
  readonly id: string
  readonly request: Envelope<Req>
  readonly response: Envelope<Res>
  readonly limits: ProtocolLimits
  readonly privacy: PrivacyLevel
  /** Units of `limits.perPeer` a request costs, default 1. */
  cost (request: Req): number
  /** Draws pairing ids at random instead of counting: for PING, whose answer must prove that the nonce arrived. */
  readonly randomIds: boolean
  /** May also run over a relayed connection, which carries few bytes and not for long. */
  readonly overRelay: boolean
  /** Absent: this node only asks. */
  readonly handle: Handler<Req, Res> | undefined
  /** Takes a response nobody asked for, id 0; absent: such a response is refused. */
  readonly unsolicited: UnsolicitedHandler<Res> | undefined
}

interface CommonOptions<Req, Res> {
  readonly id: string
  readonly limits: ProtocolLimits
  readonly privacy?: PrivacyLevel
  readonly cost?: (request: Req) => number
  /** For small and rare messages: may also run over a relayed connection, default false. */
  readonly overRelay?: boolean
  readonly handle?: Handler<Req, Res>
}

/** A third party's protocol: two codes from 0x8000 up, two schemas. */
export interface BodyOptions<Req, Res> extends CommonOptions<Req, Res> {
  readonly types: { readonly request: number, readonly response: number }
  readonly request: Schema<Req>
  readonly response: Schema<Res>
  /** Cap of each payload, default 1 MiB. */
  readonly maxBytes?: number
}

/** A protocol over messages of the specification, paired by a field both of them have. */
export interface MessageProtocolOptions<Req, Res, F extends keyof Req & keyof Res & string> extends CommonOptions<Omit<Req, F>, Omit<Res, F>> {
  readonly messages: { readonly request: MessageType<Req>, readonly response: MessageType<Res>, readonly correlate: F }
  readonly randomIds?: boolean
  readonly unsolicited?: UnsolicitedHandler<Omit<Res, F>>
}

const DEFAULT_MAX_BYTES = 1 << 20

/**
 * Describes a request/response protocol; mount it with `createTosNode({ protocols })` or `createKernel().mount()`.
 * Throws `INVALID_DEFINITION`.
 */
export function defineProtocol<Req, Res> (options: BodyOptions<Req, Res>): ProtocolDefinition<Req, Res>
export function defineProtocol<Req, Res, F extends keyof Req & keyof Res & string> (options: MessageProtocolOptions<Req, Res, F>): ProtocolDefinition<Omit<Req, F>, Omit<Res, F>>
export function defineProtocol (options: BodyOptions<unknown, unknown> | MessageProtocolOptions<Record<string, unknown>, Record<string, unknown>, string>): unknown {
  const { id, limits, privacy = 'medium', cost = () => 1, overRelay = false, handle } = options
  check(options)
  const common = { kind: 'protocol', id, limits, privacy, cost, overRelay, handle }
  if ('messages' in options) {
    const { messages: { request, response, correlate }, randomIds = false, unsolicited } = options
    return { ...common, randomIds, unsolicited, request: correlated(request, correlate), response: correlated(response, correlate) }
  }
  const { types, request, response, maxBytes = DEFAULT_MAX_BYTES } = options
  const cap = (schema: Schema<unknown>): number => Math.min(9 + schema.maxBytes, maxBytes)
  return {
    ...common,
    randomIds: false,
    unsolicited: undefined,
    request: wrapBody(`${id} request`, types.request, request, privacy, cap(request)),
    response: wrapBody(`${id} response`, types.response, response, privacy, cap(response))
  }
}

function check (options: BodyOptions<unknown, unknown> | MessageProtocolOptions<Record<string, unknown>, Record<string, unknown>, string>): void {
  const { id, limits, cost, handle } = options
  const wrong = checkId(id)
  checkRate(limits?.perPeer, wrong)
  checkTimeout('limits.timeoutMs', limits.timeoutMs, wrong)
  checkCount('limits.maxConcurrent', limits.maxConcurrent, wrong)
  checkCount('limits.maxPending', limits.maxPending, wrong)
  checkFunction('cost', cost, wrong)
  checkFunction('handle', handle, wrong)
  if ('messages' in options) return
  checkCodes(options.types, wrong)
  checkCount('maxBytes', options.maxBytes, wrong)
  for (const side of ['request', 'response'] as const) {
    if (typeof options[side]?.write !== 'function') wrong(`${side} must be a schema, e.g. struct({ name: string(64) })`)
  }
}
