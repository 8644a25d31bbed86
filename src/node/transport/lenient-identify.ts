import { identify } from '@libp2p/identify'
import type { Identify, IdentifyInit } from '@libp2p/identify'
import { multiaddr } from '@multiformats/multiaddr'

type Factory = ReturnType<typeof identify>

/** The parts of an identify message that another implementation may fill with what js-libp2p cannot read. */
interface Claims {
  readonly observedAddr?: Uint8Array | undefined
  readonly signedPeerRecord?: Uint8Array | undefined
}

/** The member that reads a message off its stream; libp2p publishes no hook between reading and believing. */
interface Reading {
  _identify (connection: object, ...options: unknown[]): Promise<Claims>
}

/**
 * Identify that passes over what it need not understand. Stock js-libp2p throws the whole message away for either of two fields that rust-libp2p
 * sends, and then knows no protocol of that peer: no session, no gossip, no DHT. And who asks while libp2p itself asks, right after a dial, waits
 * for his turn: stock libp2p refuses the second stream.
 */
export function lenientIdentify (init: IdentifyInit): Factory {
  const create = identify(init)
  return components => {
    const service = create(components)
    const reading = service as Identify & Reading
    const read = reading._identify.bind(service)
    const asked = new WeakMap<object, Promise<unknown>>()
    reading._identify = async (connection, ...options) => {
      const answer = Promise.resolve(asked.get(connection)).then(() => read(connection, ...options))
      asked.set(connection, answer.catch(() => {}))
      return onlyReadable(await answer)
    }
    return service
  }
}

/**
 * The message without an observed address that names no host (a relay's other end sees `/p2p/<id>`) and without a signed record that is no
 * peer record (libp2p/rust-libp2p#6204). A peer record stays, so a wrong signature still refuses the message.
 */
export function onlyReadable<T extends Claims> (message: T): T {
  const { observedAddr, signedPeerRecord } = message
  return {
    ...message,
    observedAddr: observedAddr !== undefined && namesHost(observedAddr) ? observedAddr : undefined,
    signedPeerRecord: signedPeerRecord !== undefined && isPeerRecord(signedPeerRecord) ? signedPeerRecord : undefined
  }
}

const HOSTS = new Set(['ip4', 'ip6', 'ip6zone', 'dns', 'dns4', 'dns6', 'dnsaddr'])

function namesHost (bytes: Uint8Array): boolean {
  try {
    const [first] = multiaddr(bytes).getComponents()
    return first !== undefined && HOSTS.has(first.name)
  } catch {
    // no multiaddr: a claim nobody can use
    return false
  }
}

/** Multicodec `libp2p-peer-record` (0x0301), as the payload type of an envelope carries it. */
const PEER_RECORD = Buffer.from([0x03, 0x01])
/** Keys of the protobuf fields `public_key` (1) and `payload_type` (2) of a signed envelope, RFC 0002 of libp2p; both are bytes. */
const PUBLIC_KEY = 0x0a
const PAYLOAD_TYPE = 0x12

/** True when an envelope says it holds a peer record; one that cannot be read so far says nothing. */
function isPeerRecord (envelope: Uint8Array): boolean {
  let at = 0
  while (at < envelope.length) {
    const key = envelope[at]
    if (key !== PUBLIC_KEY && key !== PAYLOAD_TYPE) return false
    let length = 0
    let shift = 0
    // a length of three bytes would not fit an identify message's cap
    do {
      at++
      length |= ((envelope[at] ?? 0) & 0x7f) << shift
      shift += 7
    } while ((envelope[at] ?? 0) >= 0x80 && shift < 21)
    const field = envelope.subarray(at + 1, at + 1 + length)
    if (key === PAYLOAD_TYPE) return PEER_RECORD.equals(field)
    at += 1 + length
  }
  return false
}
