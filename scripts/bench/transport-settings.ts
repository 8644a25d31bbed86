import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2pOptions } from 'libp2p'
import { cachedSigner, silentLogger, TRANSPORT_LIMITS, wireOptions } from '../../src/node/transport/index.ts'

/** The product's transport for a bench node on loopback: the tuned wire, the cached signing key, no debug logger. */
export async function benchTransport (): Promise<Libp2pOptions> {
  return {
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    privateKey: cachedSigner(await generateKeyPair('Ed25519')),
    logger: silentLogger,
    ...wireOptions(TRANSPORT_LIMITS)
  }
}
