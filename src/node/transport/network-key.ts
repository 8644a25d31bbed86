import { TosError } from '../../errors/index.ts'
import type { ProtectorFactory } from './cork.ts'

/** First line of a key file; the second names how the third writes the key. */
const HEAD = '/key/swarm/psk/1.0.0/'
const KEY_BYTES = 32
/** By the second line: which text of the third is a key. */
const ENCODINGS = { '/base16/': { name: 'hex', shape: /^[\da-fA-F]{64}$/ }, '/base64/': { name: 'base64', shape: /^[A-Za-z\d+/]{43}=?$/ } } as const

/**
 * The 32 bytes of a private network's key out of its file: `/key/swarm/psk/1.0.0/`, then `/base16/` or `/base64/`, then the key, one a
 * line (the format of IPFS swarm keys). Throws `PSK_INVALID`, which names the line and never shows it.
 */
export function parseNetworkKey (text: string): Uint8Array {
  const [head, encoding = '', key = '', ...rest] = text.split(/\r?\n/)
  if (head !== HEAD) throw wrong(1, `must be ${HEAD}`)
  if (!isEncoding(encoding)) throw wrong(2, 'must be /base16/ or /base64/')
  const { name, shape } = ENCODINGS[encoding]
  if (!shape.test(key)) throw wrong(3, `must be ${KEY_BYTES} bytes in ${name}`)
  if (rest.some(line => line !== '')) throw wrong(4, 'must be the end')
  return new Uint8Array(Buffer.from(key, name))
}

/** Encrypts every TCP and web socket connection with the key before anything else; who lacks it gets no further (libp2p private networks, XSalsa20). */
export async function loadNetworkKey (key: Uint8Array): Promise<ProtectorFactory> {
  const { preSharedKey } = await import('@libp2p/pnet')
  return preSharedKey({ psk: Buffer.from(`${HEAD}\n/base16/\n${Buffer.from(key).toString('hex')}`) }) as ProtectorFactory
}

function isEncoding (text: string): text is keyof typeof ENCODINGS {
  return Object.hasOwn(ENCODINGS, text)
}

function wrong (line: number, what: string): TosError {
  return new TosError('PSK_INVALID', `line ${line} of the network key ${what}`, { details: { line } })
}
