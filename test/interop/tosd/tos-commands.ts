import { peerIdFromString } from '@libp2p/peer-id'
import type { TosNode } from '../../../src/node/index.ts'
import type { ProtocolService } from '../../../src/protocol/index.ts'
import { number, text } from '../harness/control/control-peer.ts'
import type { Commands } from '../harness/control/control-peer.ts'

const SERVICES = ['tosPing', 'peerExchange', 'blocks', 'transactions', 'votes'] as const

/**
 * tos-request, tos-reputation, tos-dump: what only our node can do. A request names its service and gives the fields of its message as JSON,
 * the pairing id left out or zero; whether the frame leaves sealed or plain depends on what the other side offers.
 */
export function tosCommands (node: TosNode): Commands {
  return {
    async 'tos-request' (args) {
      const name = text(args, 'service')
      const known = SERVICES.find(service => service === name)
      if (known === undefined) throw new Error(`service ${name}?`)
      const service = node.services[known] as unknown as ProtocolService<unknown, unknown>
      const { request, response } = service.definition
      const answer = await service.request(peerIdFromString(text(args, 'peer')), request.parse(args['fields']), { timeoutMs: number(args, 'timeoutMs', 10_000) })
      return { fields: response.show(answer) }
    },
    /** Score in thousandths, and whether the peer is banned. */
    'tos-reputation': args => ({ explained: node.tos.guard.explain(text(args, 'peer')) }),
    'tos-dump': () => ({ sizes: node.dump() })
  }
}
