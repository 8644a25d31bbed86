export { createAddressBook } from './book/index.ts'
export type { AddressBook, BookStore } from './book/index.ts'
export { createPeerManager, keepGossip } from './manager/index.ts'
export type { CandidateSource, KnownCandidate, PeerManager, PeerManagerDeps, QueuedPeer, SearchNeed } from './manager/index.ts'
