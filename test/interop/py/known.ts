import type { Known } from '../harness/cell.ts'

/** What py-libp2p 0.7.0 cannot do, and where that stands upstream. */
export const PY_LACKS = {
  quic: { reason: 'py-libp2p 0.7.0 over quic: half-closing ends reading too, and the end of the peer\'s data resets the stream', upstream: 'https://github.com/libp2p/py-libp2p/issues/1521' },
  pnet: { reason: 'py-libp2p 0.7.0 encrypts with Salsa20 and a nonce of 8 bytes; the specification has XSalsa20 and 24', upstream: 'https://github.com/libp2p/py-libp2p/pull/1002' },
  webrtcDirect: { reason: 'py-libp2p 0.7.0 has webrtc-direct only as an extra on aiortc, which this peer does not install' },
  relay: { reason: 'the py peer does not drive py-libp2p\'s circuit relay' },
  gossipSend: { reason: 'py-libp2p 0.7.0 takes the second message without an author for equivocation with the first (gossipsub.py, _check_equivocation): it neither sends nor forwards it' },
  dhtRecords: { reason: 'py-libp2p 0.7.0 has text for record keys, and hexadecimal under /pk/ where others have the raw bytes', upstream: 'https://github.com/libp2p/py-libp2p/pull/1060' }
} as const satisfies Readonly<Record<string, Known>>
