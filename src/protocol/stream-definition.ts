import type { Connection, Logger, PeerId } from '@libp2p/interface'
import { checkFunction, checkId, checkRate, checkTimeout } from './definition-checks.ts'
import type { Rate } from './gcra.ts'
import type { MessageType } from './message.ts'

/** A message of a stream with its type. */
export interface Typed<T> {
  readonly type: MessageType<T>
  readonly value: T
}

/** The receiving end of a stream. */
export interface StreamContext {
  readonly peer: PeerId
  readonly connection: Connection
  readonly log: Logger
}

/** Takes one message of a stream; a promise pauses the stream until it settles. */
export type StreamHandler<In> = { handle (message: Typed<In>, context: StreamContext): void | Promise<void> }['handle']

/** A long-lived one-way stream in one object: the opener sends, the other side handles. */
export interface StreamDefinition<In, Out = In> {
  readonly kind: 'stream'
  /** Protocol id; `{net}` stands for the network. */
  readonly id: string
  /** Messages the stream carries. */
  readonly messages: ReadonlyArray<MessageType<In & Out>>
  readonly limits: { readonly perPeer: Rate, readonly openTimeoutMs: number }
  /** For small and rare messages: may also run over a relayed connection, default false. */
  readonly overRelay?: boolean
  /** Absent: this node only sends. */
  readonly handle: StreamHandler<In> | undefined
}

/** Describes a long-lived stream; mount it with `kernel.mountStream()`. Throws `INVALID_DEFINITION`. */
export function defineStream<T> (options: Omit<StreamDefinition<T>, 'kind' | 'handle'> & Partial<Pick<StreamDefinition<T>, 'handle'>>): StreamDefinition<T> {
  const { id, messages, limits, handle } = options
  const wrong = checkId(id)
  checkRate(limits?.perPeer, wrong)
  checkTimeout('limits.openTimeoutMs', limits.openTimeoutMs, wrong)
  checkFunction('handle', handle, wrong)
  if (!Array.isArray(messages) || messages.length === 0) wrong('a stream needs at least one message type')
  return { kind: 'stream', handle: undefined, ...options }
}
