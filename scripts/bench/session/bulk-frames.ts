import { createLibp2p } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'
import { defineMessage, defineStream } from '../../../src/protocol/index.ts'
import type { MessageType, PrivacyLevel, StreamDefinition, StreamService } from '../../../src/protocol/index.ts'
import { blob, struct } from '../../../src/wire/index.ts'
import { benchTransport } from '../transport-settings.ts'
import { benchKernel, benchSessions, OPEN } from './nodes.ts'

/** Bytes of a frame, and of a write of the stock stream. */
export const BULK_SIZES = [65_536, 1_048_576] as const
/** Low travels as it is; medium is padded by PADMÉ, at most 12 %. */
export const BULK_LEVELS = ['low', 'medium'] as const
export type BulkLevel = typeof BULK_LEVELS[number]

interface Bulk { readonly data: Uint8Array }

export const BULK: Readonly<Record<BulkLevel, MessageType<Bulk>>> = { low: bulkMessage(0x8010, 'low'), medium: bulkMessage(0x8011, 'medium') }

function bulkMessage (code: number, privacy: PrivacyLevel): MessageType<Bulk> {
  return defineMessage({ name: `BULK_${privacy.toUpperCase()}`, code, privacy, schema: struct({ data: blob(1 << 20) }) })
}

/** Takes bulk and forgets it: closing tells the sender that all of it was opened and decoded. */
const bulk: StreamDefinition<Bulk> = defineStream({
  id: '/bench/sealed-bulk/1.0.0',
  messages: [BULK.low, BULK.medium],
  limits: { perPeer: { count: 1e9, perMs: 1000 }, openTimeoutMs: 5000 },
  handle: () => {}
})

/** The tuned transport with sessions and the bulk stream. */
export async function bulkNode (): Promise<Libp2p<{ bulk: StreamService<Bulk> }>> {
  const sessions = benchSessions()
  return await createLibp2p({ ...await benchTransport(), ...OPEN, services: { session: sessions.service, bulk: benchKernel(sessions).mountStream(bulk) } })
}
