import { generateKeyPairSync } from 'node:crypto'
import { createNodeCrypto } from '../../../src/secure/index.ts'
import { DiallerHandshake, ListenerHandshake } from '../../../src/secure/handshake.ts'
import type { HandshakeOptions } from '../../../src/secure/handshake.ts'

/** Returns one whole exchange, both sides, bytes in memory: what of a handshake is cryptography. */
export function exchangeInMemory (): () => void {
  const crypto = createNodeCrypto()
  const [dialler, listener] = [identity(), identity()]
  const hello = { genesis: new Uint8Array(32), nodeType: 0, services: 1n, height: 7n, tips: [new Uint8Array(32)], userAgent: 'bench/1' }
  const parties = { network: 'devnet', dialler: dialler.publicKey, listener: listener.publicKey, epoch: 0 }
  const optionsOf = (own: typeof dialler, other: typeof dialler): HandshakeOptions => ({ crypto, parties, hello, sign: crypto.signer(own.seed), remote: other.publicKey })
  const options = { dialler: optionsOf(dialler, listener), listener: optionsOf(listener, dialler) }
  return () => {
    const ours = new DiallerHandshake(options.dialler)
    const theirs = new ListenerHandshake(options.listener, ours.m1)
    theirs.finish(ours.finish(theirs.m2).m3)
  }
}

function identity (): { readonly seed: Uint8Array, readonly publicKey: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const [d, x] = [privateKey.export({ format: 'jwk' }).d, publicKey.export({ format: 'jwk' }).x]
  return { seed: Buffer.from(String(d), 'base64url'), publicKey: Buffer.from(String(x), 'base64url') }
}
