/**
 * The TOS Network P2P protocol on js-libp2p. `createTosNode` is the whole node; `createKernel` mounts single protocols in anyone's
 * `createLibp2p({ services })`; `defineProtocol`, `defineTopic` and `defineStream` describe new ones.
 */
export * from './errors/index.ts'
export { createKernel, defineMessage, defineProtocol, defineStream, defineTopic, nodeIdToPeerId, peerIdToNodeId } from './protocol/index.ts'
export type {
  Handler, Kernel, KernelOptions, MessageType, ProtocolDefinition, ProtocolLimits, ProtocolService, RequestContext, RequestOptions, StreamDefinition, StreamService,
  TopicContext, TopicDefinition, Verdict
} from './protocol/index.ts'
export { createMessageSigner, createMessageVerifier, createSessions } from './secure/index.ts'
export type { MessageSigner, MessageVerifier, SessionInfo, SessionService, Sessions, SessionsOptions } from './secure/index.ts'
export * from './wire/index.ts'
export { createTosNode } from './node/index.ts'
export { createGuard, rateLimiter, reputation } from './peers/guard/index.ts'
export type { Guard, GuardOptions, RateLimiterService, ReputationService } from './peers/guard/index.ts'
export type { TosNode, TosNodeOptions, TosParts, TosServices } from './node/index.ts'
export type { Ledger } from './chain/index.ts'
export { createHashWork, createSharePool, createShareSigner, solveShare } from './chain/index.ts'
export type { SharePool, SharePoolDeps, ShareSigner, ShareWork } from './chain/index.ts'
