import { TosError } from '../../errors/index.ts'
import type { NodeApi } from '../../monitor/index.ts'
import type { ProtocolService } from '../../protocol/index.ts'
import type { TosNode } from '../tos-node.ts'
import { parseTarget } from './target.ts'

/** `tosd request`: any mounted protocol, with JSON in and out. */
export function createRequestApi (node: TosNode): Pick<NodeApi, 'request'> {
  return {
    async * request ({ protocol, peer, body, timeoutMs }, options = {}) {
      const service = find(node, protocol)
      const { request, response } = service.definition
      const value = request.parse(body)
      const requestOptions = { ...(options.signal === undefined ? {} : { signal: options.signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }
      for await (const answer of service.stream(parseTarget(peer), value, requestOptions)) yield response.show(answer)
    }
  }
}

type AnyService = ProtocolService<unknown, unknown>

function find (node: TosNode, name: string): AnyService {
  const mounted = Object.entries<unknown>(node.services).filter((entry): entry is [string, AnyService] => isProtocol(entry[1]))
  const found = mounted.find(([key, { definition }]) => key === name || definition.id === name)
  if (found === undefined) throw new TosError('USAGE', `no protocol ${name} is mounted`, { hint: `known: ${mounted.map(([key]) => key).join(', ')}` })
  return found[1]
}

function isProtocol (service: unknown): service is AnyService {
  return typeof service === 'object' && service !== null && 'definition' in service && (service.definition as { kind?: unknown }).kind === 'protocol'
}
