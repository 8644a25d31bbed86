import type { Known } from '../harness/cell.ts'

/** What py-libp2p 0.7.0 cannot do, and where that stands upstream. */
export const PY_LACKS = {
  quic: { reason: 'py-libp2p 0.7.0 over quic: half-closing ends reading too, and the end of the peer\'s data resets the stream', upstream: 'https://github.com/libp2p/py-libp2p/issues/1521' },
  pnet: { reason: 'py-libp2p 0.7.0 encrypts with Salsa20 and a nonce of 8 bytes; the specification has XSalsa20 and 24', upstream: 'https://github.com/libp2p/py-libp2p/pull/1002' },
  webrtcDirect: { reason: 'py-libp2p 0.7.0 dials and listens to webrtc-direct by an exchange over HTTP; the specification derives both ends from the address and the first STUN packet', upstream: 'https://github.com/libp2p/py-libp2p/pull/1449' },
  relay: { reason: 'py-libp2p 0.7.0 names its relay protocols /libp2p/circuit/relay/2.0.0 and 2.0.0/stop (relay/circuit_v2/protocol.py, lines 79 and 80), the specification 0.2.0/hop and 0.2.0/stop; its messages differ too', upstream: 'https://github.com/libp2p/py-libp2p/issues/1537' },
  gossipSend: { reason: 'py-libp2p 0.7.0 tells messages apart by author and number, so it takes the second one without either for equivocation with the first: it neither sends nor forwards it', upstream: 'https://github.com/libp2p/py-libp2p/blob/v0.7.0/libp2p/pubsub/gossipsub.py#L2820-L2830' },
  dhtRecords: { reason: 'py-libp2p 0.7.0 has text for record keys, and hexadecimal under /pk/ where others have the raw bytes', upstream: 'https://github.com/libp2p/py-libp2p/pull/1060' }
} as const satisfies Readonly<Record<string, Known>>
