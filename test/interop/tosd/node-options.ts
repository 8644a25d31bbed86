import { OPTIONS } from '../../../src/config/index.ts'
import type { PartialConfig } from '../../../src/config/index.ts'
import { Unsupported } from '../harness/peer-config.ts'
import type { PeerConfig } from '../harness/peer-config.ts'

const KAD = /^\/tos\/([a-z0-9-]{1,32})\/kad\/1\.0\.0$/

const has = (key: string): boolean => Object.hasOwn(OPTIONS, key)

/**
 * The node's own options for a peer's configuration. No limit is raised: on devnet the node exempts loopback from what it counts per
 * address, and nothing else differs from what operators run. `keyFile` holds the key of a private network, if there is one. Throws `Unsupported`.
 */
export function nodeOptions (config: PeerConfig, keyFile: string): PartialConfig {
  const { transports, security, kad, relay, keyType = 'ed25519', psk } = config
  if (keyType !== 'ed25519') throw new Unsupported(`keyType ${keyType}: a TOS node id is an Ed25519 key`)
  const [, network = 'devnet'] = KAD.exec(kad?.protocol ?? '') ?? []
  const further = {
    ...option('kadProtocol', kad != null && !KAD.test(kad.protocol), kad?.protocol),
    ...option('security', security.join() !== 'noise' || has('security'), security),
    ...option('webrtc', transports.includes('webrtc-direct'), true),
    ...option('psk', psk !== undefined, keyFile)
  }
  return {
    network,
    preset: kad?.mode === 'client' ? 'light' : 'full',
    listen: config.listen,
    announce: config.announce ?? [],
    bootstrap: [],
    mdns: false,
    mine: false,
    plain: true,
    quic: transports.includes('quic'),
    relay: relay?.client === true,
    relayServer: relay?.server === true,
    dcutr: config.holePunching === true,
    ...further
  }
}

/** An option that newer nodes have, when it is asked for. */
function option (key: string, wanted: boolean, value: unknown): Record<string, unknown> {
  if (!wanted) return {}
  if (!has(key)) throw new Unsupported(`the node has no option ${key}`)
  return { [key]: value }
}
