import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { TosError } from '../../errors/index.ts'
import { fromHex } from '../../wire/index.ts'
import { nodeIdToPeerId } from '../../protocol/index.ts'

/** A peer as an operator names it: a peer id, a 64-digit node id, or a multiaddr. Throws `USAGE`. */
export function parseTarget (text: string): PeerId | Multiaddr {
  try {
    if (text.startsWith('/')) return multiaddr(text)
    const hex = text.replace(/^0x/i, '')
    return /^[0-9a-f]{64}$/i.test(hex) ? nodeIdToPeerId(fromHex(hex)) : peerIdFromString(text)
  } catch (cause) {
    throw new TosError('USAGE', `${text} is neither a peer id, a node id nor a multiaddr`, { cause, hint: 'peers look like 12D3KooW… or /ip4/1.2.3.4/tcp/2080/p2p/12D3KooW…' })
  }
}

/** The peer id in what an operator named, if there is one. */
export function parsePeer (text: string): PeerId {
  const target = parseTarget(text)
  if ('getComponents' in target) {
    const id = target.getComponents().findLast(({ name }) => name === 'p2p')?.value
    if (id === undefined) throw new TosError('USAGE', `${text} names no peer id`)
    return peerIdFromString(id)
  }
  return target
}
