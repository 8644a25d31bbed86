import { defineMessage } from '../../src/protocol/index.ts'
import type { MessageOf } from '../../src/protocol/index.ts'
import { refine, string, struct, u16 } from '../../src/wire/index.ts'

/** Why a node hangs up (`reason`). */
export const GOODBYE_REASON = {
  shutdown: 1, incompatibleVersion: 2, chainIdMismatch: 3, genesisMismatch: 4, clockSkew: 5, duplicateNodeId: 6, tooManyPeers: 7,
  lowReputation: 8, banned: 9, rateLimited: 10, invalidMessage: 11, duplicateConnection: 12, sessionFailed: 13
} as const

const reason = refine(u16, value => value === 0 ? 'reason is 0' : undefined)

/** GOODBYE (0x7F04): informational; the sender closes the connection next. Reasons above 13 are kept for later versions. */
export const GOODBYE = defineMessage({ name: 'GOODBYE', code: 0x7f04, schema: struct({ reason, text: string(256) }), privacy: 'low' })

export type Goodbye = MessageOf<typeof GOODBYE>
