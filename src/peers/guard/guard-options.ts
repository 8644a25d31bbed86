import type { Connection } from '@libp2p/interface'
import type { TosError } from '../../errors/index.ts'
import type { Ban, BanStore } from '../bans/index.ts'
import type { BudgetRates, PrefixQuota } from '../net/index.ts'
import type { BanStorm } from '../reputation/index.ts'

/** Options of `createGuard`; all have defaults. */
export interface GuardOptions {
  /** `mainnet` and `testnet` are open to the internet; on any other named network local addresses are exempt. */
  readonly network?: string
  /** Peer ids, addresses and CIDR ranges that no quota applies to. Invalid data still counts. */
  readonly whitelist?: readonly string[]
  /** `tos-spec`: the specification's numbers for connections per address and messages per second. */
  readonly profile?: 'default' | 'tos-spec'
  /** Loopback and private addresses share no connection limits. Default: only on a named private network. */
  readonly exemptLocal?: boolean
  /** Most inbound connections per prefix; default those of the profile. */
  readonly quotas?: readonly PrefixQuota[]
  /** What one peer may send unasked; default that of the profile. */
  readonly budgets?: BudgetRates
  /** Where bans and scores live; default in memory. Synchronous, durable when `save` returns. */
  readonly store?: { readonly bans?: BanStore, readonly reputation?: BanStore }
  /** Unix milliseconds, default `Date.now`: for what outlives the process. */
  readonly now?: () => number
  /** Monotonic milliseconds, default `performance.now`: for rates and for our own lag. */
  readonly clock?: () => number
  /** Nobody is banned when fewer connected peers would remain; default 8. */
  readonly minPeers?: number
  /** Random bytes, default from the system: the secret of the rate tables. */
  readonly random?: (n: number) => Uint8Array
  /** Runs something every `ms`, returns what ends it; default an unreferenced timer. */
  readonly every?: (ms: number, run: () => void) => () => void
  /** Ends a connection of a peer that has just been banned; default `abort`. Here a node may say why. Must not throw. */
  readonly hangUp?: (connection: Connection, error: TosError) => void
  /** Told of each ban by score, before connections are closed. Must not throw. */
  readonly onBan?: (ban: Ban) => void
  /** Told once when bans are suspended, because too many known peers offend at once: the fault may be ours. */
  readonly onStorm?: (storm: BanStorm) => void
  /** Told of a damaged file (before anything overwrites it: keep it aside) and of a disk that refuses. */
  readonly onError?: (error: TosError, file: 'bans' | 'reputation') => void
}
