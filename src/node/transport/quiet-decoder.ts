import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Bytes of noise's length prefix. */
const PREFIX_BYTES = 2
/** Largest length a prefix can announce. */
const MOST = 65_535

type LengthDecoder = (buffer: Uint8ArrayList) => number

/**
 * Spares one exception per received packet: noise learns that its buffer is empty by letting the length decoder throw, which costs 10 to
 * 15 % of a side's time when one small request at a time travels. A length that cannot be complete says the same for nothing.
 * The decoder is not in noise's published types: where it is missing the connection stays as it is, and `test/node-transport` fails.
 */
export function quietDecoder (encrypter: ConnectionEncrypter): ConnectionEncrypter {
  const secureInbound = encrypter.secureInbound.bind(encrypter)
  const secureOutbound = encrypter.secureOutbound.bind(encrypter)
  return Object.assign(encrypter, {
    secureInbound: async (...args: Parameters<typeof secureInbound>): Promise<SecuredConnection> => quieted(await secureInbound(...args)),
    secureOutbound: async (...args: Parameters<typeof secureOutbound>): Promise<SecuredConnection> => quieted(await secureOutbound(...args))
  })
}

function quieted (secured: SecuredConnection): SecuredConnection {
  quietConnection(secured.connection)
  return secured
}

/** Quiets one encrypted connection; returns whether it had the decoder that takes. */
export function quietConnection (connection: MessageStream): boolean {
  const { decoder } = connection as MessageStream & { decoder?: { lengthDecoder?: LengthDecoder } }
  const original = decoder?.lengthDecoder
  if (decoder === undefined || typeof original !== 'function') return false
  decoder.lengthDecoder = buffer => buffer.byteLength < PREFIX_BYTES ? MOST : original(buffer)
  return true
}
