import type { Known } from '../harness/cell.ts'

/** What rust-libp2p 0.56.0 cannot do, and where that stands upstream. */
export const RUST_LACKS = {
  webrtcDirect: { reason: 'rust-libp2p 0.56.0 has no webrtc-direct; the crate beside it, libp2p-webrtc 0.9.0-alpha.1, is an alpha release', upstream: 'https://github.com/libp2p/rust-libp2p/pull/5854' },
  rsaIdentity: { reason: 'rust-libp2p 0.56.0 reads RSA keys and makes none, as the library under it, ring, makes none', upstream: 'https://github.com/briansmith/ring/issues/219' }
} as const satisfies Readonly<Record<string, Known>>
