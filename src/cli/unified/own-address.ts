import { TosError } from '../../errors/index.ts'
import type { TosNode } from '../../node/index.ts'

/** The address others dial: with a wildcard listened on, the first that is not this machine's own loop. Throws `LISTEN_FAILED` when there is none. */
export function ownAddress (node: Pick<TosNode, 'getMultiaddrs'>): string {
  const all = node.getMultiaddrs().map(String)
  const address = all.find(address => !address.startsWith('/ip4/127.')) ?? all[0]
  if (address === undefined) throw new TosError('LISTEN_FAILED', 'the node has no address to tell')
  return address
}
