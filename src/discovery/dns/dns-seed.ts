import { peerIdFromString } from '@libp2p/peer-id'
import { TosError } from '../../errors/index.ts'
import { peerIdToNodeId } from '../../protocol/index.ts'
import { fromHex } from '../../wire/index.ts'

/** A DNS name whose TXT records list peers. */
export interface DnsSeed {
  /** Lower case, without the dot at its end. */
  readonly name: string
  /** Ed25519 key its records are signed with, 32 bytes; undefined: unsigned records are taken. */
  readonly publicKey: Uint8Array | undefined
}

/** RFC 1035 §2.3.4 lengths; letters as RFC 2181 §11 lets zones use them, in practice `_dnsaddr.example.org`. */
const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/

/** Reads `name` or `key@name`, the key in hexadecimal or as a PeerId. Throws `CONFIG_INVALID`. */
export function parseDnsSeed (text: string): DnsSeed {
  const at = text.lastIndexOf('@')
  const name = text.slice(at + 1).toLowerCase().replace(/\.$/, '')
  if (!NAME.test(name)) throw invalid(text)
  return { name, publicKey: at < 0 ? undefined : readKey(text.slice(0, at), text) }
}

function readKey (key: string, text: string): Uint8Array {
  try {
    return /^[0-9a-f]{64}$/i.test(key) ? fromHex(key, 32) : peerIdToNodeId(peerIdFromString(key))
  } catch (cause) {
    throw invalid(text, cause)
  }
}

function invalid (text: string, cause?: unknown): TosError {
  return new TosError('CONFIG_INVALID', `not a DNS seed: ${text.slice(0, 80)}`, {
    hint: 'write peers.example.org, or <key>@peers.example.org with the Ed25519 key as 64 hexadecimal digits or as a peer id',
    ...(cause === undefined ? {} : { cause })
  })
}
