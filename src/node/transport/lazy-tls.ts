import { serviceCapabilities } from '@libp2p/interface'
import type { ConnectionEncrypter } from '@libp2p/interface'
import type { TLSComponents } from '@libp2p/tls'

/** TLS 1.3 of the libp2p TLS specification. */
export const TLS_PROTOCOL = '/tls/1.0.0'

/**
 * TLS beside noise, for peers that offer nothing else. The library and its certificate parser cost 12 MiB and some hundred ms to load,
 * so they wait for the first connection that agrees on TLS; between nodes that prefer noise there is none.
 */
export function lazyTls (): (components: TLSComponents) => ConnectionEncrypter {
  return components => {
    let loading: Promise<ConnectionEncrypter> | undefined
    // a failed import is forgotten: the next connection tries again
    const load = (): Promise<ConnectionEncrypter> => loading ??= import('@libp2p/tls').then(({ tls }) => tls()(components), (error: unknown) => {
      loading = undefined
      throw error
    })
    const encrypter: ConnectionEncrypter & { readonly [serviceCapabilities]: string[] } = {
      protocol: TLS_PROTOCOL,
      [serviceCapabilities]: ['@libp2p/connection-encryption'],
      async secureInbound (connection, options) { return await (await load()).secureInbound(connection, options) },
      async secureOutbound (connection, options) { return await (await load()).secureOutbound(connection, options) }
    }
    return encrypter
  }
}
