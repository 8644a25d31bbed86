import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { ipOf } from '../net/index.ts'
import type { ConnectionLimits, IpAddress } from '../net/index.ts'
import type { BanNotice } from '../bans/index.ts'

/** What the gater asks. */
export interface GaterRules {
  readonly limits: ConnectionLimits
  readonly isBanned: (peer: string | undefined, ip: IpAddress | undefined) => BanNotice | undefined
  /** Some peers are whitelisted by id: who comes from a banned address is asked for its name first. */
  readonly namesPeers: boolean
  /** Told of each refusal. */
  readonly refused: (why: 'banned' | 'limit') => void
}

/** Bans and connection limits as libp2p's gater. Its hooks deny on `true`. */
export function createGuardGater ({ limits, isBanned, namesPeers, refused }: GaterRules): ConnectionGater {
  const deny = (why: 'banned' | 'limit'): true => {
    refused(why)
    return true
  }
  const isBarred = (peer: string | undefined, ip: IpAddress | undefined): boolean => {
    const ban = isBanned(peer, ip)
    if (ban === undefined || (peer === undefined && ban.by === 'address' && namesPeers)) return false
    return deny('banned')
  }
  // a slot is held until the socket is gone, whether the upgrade failed or the connection ended; none is taken for one that is gone already
  const admit = (connection: MultiaddrConnection, ip: IpAddress): boolean => {
    if (connection.status !== 'open') return true
    if (limits.admit(ip) !== undefined) return false
    connection.addEventListener('close', () => { limits.release(ip) }, { once: true })
    return true
  }
  const isBarredAt = (peer: { toString (): string }, connection: MultiaddrConnection): boolean => isBarred(peer.toString(), addressOf(connection))

  return {
    denyInboundConnection (connection) {
      const ip = addressOf(connection)
      // a relayed connection has the relay's address, not the peer's
      if (ip === undefined) return false
      return isBarred(undefined, ip) || (!admit(connection, ip) && deny('limit'))
    },
    // the first moment the peer's id is proven, and the last one: an operator may ban it in between
    denyInboundEncryptedConnection: isBarredAt,
    denyInboundUpgradedConnection: isBarredAt,
    denyOutboundEncryptedConnection: isBarredAt,
    denyOutboundUpgradedConnection: isBarredAt,
    denyDialPeer: peer => isBarred(peer.toString(), undefined),
    denyDialMultiaddr (address) {
      const text = address.toString()
      return isBarred(/\/p2p\/([^/]+)$/.exec(text)?.[1], ipOf(text))
    }
  }
}

function addressOf ({ remoteAddr }: Pick<MultiaddrConnection, 'remoteAddr'>): IpAddress | undefined {
  return ipOf(remoteAddr.toString())
}
