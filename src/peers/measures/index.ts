export { createPeerMeasures } from './create-measures.ts'
export type { PeerMeasures } from './create-measures.ts'
export { priorFacts } from './facts.ts'
export type { PeerFacts } from './facts.ts'
