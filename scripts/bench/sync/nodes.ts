import { createLibp2p } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'
import { blocks } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockQuestion, BlockSource } from '../../../protocols/index.ts'
import type { ProtocolService } from '../../../src/protocol/index.ts'
import { OPEN, benchKernel, benchSessions } from '../session/nodes.ts'
import { benchTransport } from '../transport-settings.ts'

export type SyncNode = Libp2p<{ blocks: ProtocolService<BlockQuestion, BlockAnswer> }>

/** The product's transport, sealed sessions and the block protocol, its rate limit lifted. */
export async function syncNode (source: BlockSource): Promise<SyncNode> {
  const sessions = benchSessions()
  const definition = blocks(source)
  const open = { ...definition, limits: { ...definition.limits, perPeer: { count: 1e9, perMs: 1000 } } }
  return await createLibp2p({ ...await benchTransport(), ...OPEN, services: { session: sessions.service, blocks: benchKernel(sessions).mount(open) } })
}
