export { keepGossip } from './keep-gossip.ts'
export type { CandidateSource, KnownCandidate, PeerClaims, PeerManagerDeps, SearchNeed } from './parts.ts'
export { createPeerManager } from './peer-manager.ts'
export type { PeerManager, QueuedPeer } from './queued-peer.ts'
