export { decodePayload, defineMessage, encodePayload, writePayload } from './message.ts'
export type { MessageOf, MessageOptions, MessageType, Padding, PrivacyLevel } from './message.ts'
export { TosError, toTosError } from '../errors/index.ts'
