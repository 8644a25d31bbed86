export { createBlockRelay } from './relay-blocks.ts'
export type { BlockRelay, BlockRelayDeps } from './relay-blocks.ts'
export { createTransactionRelay } from './relay-transactions.ts'
export type { TransactionRelay, TransactionRelayDeps } from './relay-transactions.ts'
