import * as catalogue from '../../protocols/index.ts'
import { ERROR } from '../protocol/index.ts'
import type { MessageType } from '../protocol/index.ts'

/** Every message type of the network, by code. */
export const MESSAGE_TYPES = ([...Object.values(catalogue), ERROR] as readonly unknown[]).filter(isMessageType).toSorted((a, b) => a.code - b.code)

/** Later pages of the specification call AI mining "GPU mining". */
const ALIASES: Readonly<Record<string, string>> = { GPU_MINING_SHARE: 'AI_MINING_SHARE' }

/** By name, and by the names other pages use. */
export const TYPES_BY_NAME: ReadonlyMap<string, MessageType<unknown>> = new Map([
  ...MESSAGE_TYPES.map(type => [type.name, type] as const),
  ...Object.entries(ALIASES).flatMap(([alias, name]) => MESSAGE_TYPES.filter(type => type.name === name).map(type => [alias, type] as const))
])

/** What carries a type: protocol, stream and topic ids as their definitions have them, `{net}` for the network. */
export function carriersOf ({ name }: MessageType<unknown>): readonly string[] {
  return CARRIERS.flatMap(([type, carrier]) => type === name ? [carrier] : [])
}

/** Definitions close over their service and do not call it, so one that can nothing will do. */
const none = (() => {}) as never
const { ping, peerExchange, blocks, blockAnnounce, transactions, txAnnounce, txStem, votes, consensusVote, goodbye, mining, miningShare } = catalogue
const CARRIERS: ReadonlyArray<readonly [type: string, carrier: string]> = [
  ...[ping, peerExchange, blocks, transactions, votes].flatMap(define => {
    const { id, request, response } = define(none)
    const asks: Array<[string, string]> = [[request.type.name, id]]
    return request.type.name === response.type.name ? asks : asks.concat([[response.type.name, `answer on ${id}`]])
  }),
  ...[blockAnnounce, txAnnounce, consensusVote, miningShare].map((define): [string, string] => {
    const { id, message } = define(none)
    return [message.name, `topic ${id}`]
  }),
  ...[txStem, goodbye, mining].flatMap(define => {
    const { id, messages } = define(none) as { id: string, messages: ReadonlyArray<{ name: string }> }
    return messages.map(({ name }): [string, string] => [name, `stream ${id}`])
  }),
  ['ERROR', 'answer to any request']
]

function isMessageType (value: unknown): value is MessageType<unknown> {
  return typeof value === 'object' && value !== null && 'code' in value && 'schema' in value && 'maxBytes' in value
}
