/**
 * What of TOS runs in a browser, and imports nothing of Node: the kernel, the protocols, sessions on JavaScript cryptography, and a light
 * client (`createHeaderChain`, `createLightClient`). Mount it on a js-libp2p of web sockets or WebRTC, as `src/index.ts` is mounted on one of TCP.
 */
import { createNobleCrypto } from './secure/noble-crypto.ts'
import { createSessionsOn } from './secure/session-service.ts'
import type { Sessions, SessionsOnOptions } from './secure/session-service.ts'

export * from '../protocols/index.ts'
export { systemClock } from './chain/clock.ts'
export type { Clock } from './chain/clock.ts'
export { createHeaderChain } from './chain/light/header-chain.ts'
export type { HeaderChain, HeaderChainOptions } from './chain/light/header-chain.ts'
export { createLightClient } from './chain/light/light-client.ts'
export type { LightClient, LightClientDeps, LightProof } from './chain/light/light-client.ts'
export type { LightOptions } from './chain/light/options.ts'
export { blockHeader } from './chain/block/header.ts'
export type { BlockHeader } from './chain/block/header.ts'
export { verifyMerkleProof } from './chain/block/merkle.ts'
export type { MerkleProof } from './chain/block/merkle.ts'
export * from './errors/index.ts'
export { sha3 } from './frame/index.ts'
export { createKernel, defineMessage, defineProtocol, defineStream, defineTopic, nodeIdToPeerId, peerIdToNodeId } from './protocol/index.ts'
export type { Kernel, KernelOptions, ProtocolDefinition, ProtocolService, RequestOptions, StreamDefinition, StreamService, TopicDefinition } from './protocol/index.ts'
export type { SessionInfo } from './secure/session.ts'
export * from './wire/index.ts'

/** Options of `createSessions`. */
export type SessionsOptions = Omit<SessionsOnOptions, 'crypto'>

/** Sealed sessions as `createSessions` of the main entry makes them, on noble's cryptography; both understand each other. */
export function createSessions (options: SessionsOptions): Sessions {
  return createSessionsOn({ ...options, crypto: createNobleCrypto() })
}
