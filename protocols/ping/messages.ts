import { defineMessage } from '../../src/protocol/index.ts'
import type { MessageOf } from '../../src/protocol/index.ts'
import { string, struct, u64 } from '../../src/wire/index.ts'

const pingBody = struct({ nonce: u64, userAgent: string(256), services: u64, timestamp: u64 })
const pongBody = struct({ nonce: u64, timestamp: u64 })

/** PING (0x01): `timestamp` in Unix seconds, `services` a bit field of `SERVICE`. */
export const PING = defineMessage({ name: 'PING', code: 0x01, tag: 0, schema: pingBody, privacy: 'low' })
/** PONG (0x02): echoes the nonce of the PING it answers. */
export const PONG = defineMessage({ name: 'PONG', code: 0x02, tag: 1, schema: pongBody, privacy: 'low' })

export type Ping = MessageOf<typeof PING>
export type Pong = MessageOf<typeof PONG>
