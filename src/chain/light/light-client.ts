import { TosError, toTosError } from '../../errors/index.ts'
import type { TosErrorCode } from '../../errors/index.ts'
import { toHex } from '../../wire/index.ts'
import type { BlockClient, Penalise, TransactionClient } from '../clients.ts'
import type { Clock } from '../clock.ts'
import { withDeadline } from '../deadline.ts'
import type { Sync, SyncProgress } from '../sync/sync.ts'
import { checkProof } from './check-proof.ts'
import type { ProofVerdict, ProvenTransaction } from './check-proof.ts'
import { followHeaders } from './follow-headers.ts'
import type { HeaderChain } from './header-chain.ts'
import { createLightPeers } from './light-peers.ts'
import { LIGHT_DEFAULTS } from './options.ts'
import type { LightOptions } from './options.ts'
import type { HeadersAdded } from './take-headers.ts'
import { createTipWatch } from './tip-watch.ts'

/** What a light client needs from outside. Callbacks must not throw. */
export interface LightClientDeps {
  readonly chain: HeaderChain
  readonly blocks: BlockClient
  readonly transactions: TransactionClient
  readonly clock: Clock
  /** True for peers that say LIGHT_SERVER. Others are not asked. */
  readonly serves: (peer: string) => boolean
  readonly options?: LightOptions | undefined
  readonly penalise?: Penalise
  /** Told of every peer that was caught, with the coded error. */
  readonly onLie?: (peer: string, error: TosError) => void
  readonly onHeaders?: (news: HeadersAdded) => void
  readonly onProgress?: (progress: SyncProgress) => void
}

/** A proof that held, and who was asked for it. */
export interface LightProof extends ProvenTransaction {
  readonly asked: readonly string[]
  readonly agreed: readonly string[]
  readonly liars: readonly string[]
}

/** Follows the best chain by its headers, and proves transactions against it. */
export interface LightClient extends Sync {
  /** Peers that last showed the tip held here. */
  agreeing (): string[]
  /**
   * Asks at least `minPeers` peers for a transaction with its Merkle proof. Throws `UNAVAILABLE` with fewer peers, `PROOF_FORGED` when
   * nobody gave a proof that holds and somebody a forged one, `TX_NOT_FOUND` else; `ABORTED`.
   */
  prove (id: Uint8Array, options?: { readonly signal?: AbortSignal | undefined }): Promise<LightProof>
}

/** Failures that show a peer at fault; others only put it aside. */
const CHARGED: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['INVALID_BLOCK', 'INVALID_MESSAGE', 'MESSAGE_TOO_LARGE', 'PROOF_FORGED', 'TIP_WITHHELD', 'CHAIN_WEAKER'])

/** A client that asks nobody before `start()`. */
export function createLightClient ({ chain, blocks, transactions, clock, serves, options, penalise = () => {}, onLie = () => {}, onHeaders, onProgress = () => {} }: LightClientDeps): LightClient {
  const limits = { ...LIGHT_DEFAULTS, ...options }
  const watch = createTipWatch(chain, limits.graceMs)
  const peers = createLightPeers({ serves, now: () => clock.now(), max: limits.maxPeers })
  const counts = { rounds: 0, lies: 0, failures: 0, proofs: 0 }
  let scope: AbortController | undefined
  let running: Promise<void> | undefined
  /** Somebody had news while a round was under way. */
  let again = false
  let notBefore = 0
  let owing = false
  let quiet = Promise.withResolvers<void>()
  quiet.resolve()
  let wantedUpTo = 0n
  let cancelTick = (): void => {}

  const failed = (peer: string, cause: unknown): void => {
    const error = toTosError(cause)
    if (error.code === 'ABORTED') return
    const lied = CHARGED.has(error.code)
    peers.rest(peer, lied ? limits.lieMs : limits.coolDownMs)
    counts[lied ? 'lies' : 'failures']++
    if (lied) {
      penalise(peer, error.code)
      onLie(peer, error)
    }
  }
  const ask = (peer: string, signal: AbortSignal): Parameters<typeof followHeaders>[0]['ask'] => async question =>
    withDeadline({ clock, ms: limits.requestTimeoutMs, signal, what: 'headers' }, async ends => blocks.request(peer, question, { signal: ends }))
  const follow = async (peer: string, signal: AbortSignal): Promise<void> => {
    try {
      const best = await followHeaders({ chain, ask: ask(peer, signal), added: onHeaders })
      const lie = watch.shown(peer, best, clock.now())
      if (lie !== undefined) failed(peer, lie)
    } catch (error) {
      failed(peer, error)
    }
  }
  const progress = (): SyncProgress => {
    const { height } = chain.tip()
    const target = wantedUpTo > height && running !== undefined ? wantedUpTo : height
    return { state: running !== undefined && target > height ? 'headers' : 'idle', height, target }
  }
  /** One look at several peers: the next is asked when the one before has answered, or takes long. */
  const round = async (signal: AbortSignal): Promise<number> => {
    counts.rounds++
    const before = chain.tip().height
    const followed: Array<Promise<void>> = []
    for (const peer of peers.next(limits.fanOut)) {
      if (signal.aborted) break
      const one = follow(peer, signal)
      followed.push(one)
      await doneOrAfter(one, clock, limits.hedgeMs)
    }
    await Promise.all(followed)
    wantedUpTo = chain.tip().height
    if (wantedUpTo > before) onProgress(progress())
    return followed.length
  }
  /** Makes `idle()` wait for a round that is wanted. */
  const owe = (): void => {
    if (owing) return
    owing = true
    quiet = Promise.withResolvers<void>()
  }
  const settle = (): void => {
    owing = false
    quiet.resolve()
  }
  const wake = (): void => {
    if (scope === undefined || peers.size === 0) return
    owe()
    if (running !== undefined) {
      again = true
      return
    }
    cancelTick()
    const early = notBefore - clock.now()
    if (early > 0) {
      cancelTick = clock.after(early, wake)
      return
    }
    const { signal } = scope
    again = false
    running = round(signal).then(asked => {
      running = undefined
      notBefore = clock.now() + limits.gapMs
      if (!again) settle()
      // their sessions may just be opening
      const pause = asked === 0 ? limits.retryMs : limits.intervalMs
      if (!signal.aborted) cancelTick = clock.after(again ? limits.gapMs : pause, wake)
    })
  }

  const proofOf = async (peer: string, id: Uint8Array, signal: AbortSignal): Promise<ProofVerdict | 'forged' | 'failed'> => {
    try {
      const answer = await withDeadline({ clock, ms: limits.requestTimeoutMs, signal, what: 'a proof' }, async ends => transactions.request(peer, { txHashes: [id], includeProof: true }, { signal: ends }))
      const verdict = checkProof(chain, id, answer)
      if (verdict.status !== 'unknownBlock') return verdict
      // newer than our last look
      await follow(peer, signal)
      return checkProof(chain, id, answer)
    } catch (error) {
      if (signal.aborted) throw error
      failed(peer, error)
      return toTosError(error).code === 'PROOF_FORGED' ? 'forged' : 'failed'
    }
  }

  return {
    start () {
      scope ??= new AbortController()
      wake()
    },
    async stop () {
      cancelTick()
      scope?.abort()
      scope = undefined
      await running
      settle()
    },
    addPeer (peer) {
      peers.add(peer)
      wake()
    },
    removePeer (peer) {
      peers.remove(peer)
      watch.forget(peer)
    },
    want (peer, height) {
      peers.prefer(peer)
      if (height > wantedUpTo) wantedUpTo = height
      wake()
    },
    progress,
    idle: async () => quiet.promise,
    agreeing: () => watch.agreeing(),
    async prove (id, { signal = new AbortController().signal } = {}) {
      const servers = peers.next(limits.maxPeers)
      if (servers.length < limits.minPeers) throw new TosError('UNAVAILABLE', `${servers.length} of the peers serve light clients, a proof takes ${limits.minPeers}`, { hint: 'connect more full nodes' })
      counts.proofs++
      const asked: string[] = []
      const verdicts = new Map<string, ProofVerdict | 'forged' | 'failed'>()
      const proofs = (): Array<[string, ProvenTransaction]> => [...verdicts].flatMap(([peer, verdict]) => typeof verdict === 'object' && verdict.status === 'proven' ? [[peer, verdict.proven]] : [])
      while (asked.length < servers.length && proofs().length === 0) {
        const wave = servers.slice(asked.length, asked.length + limits.minPeers)
        asked.push(...wave)
        await Promise.all(wave.map(async peer => { verdicts.set(peer, await proofOf(peer, id, signal)) }))
      }
      const liars = asked.filter(peer => verdicts.get(peer) === 'forged')
      const held = proofs()
      const best = held[0]
      if (best !== undefined) return { ...best[1], asked, agreed: held.map(([peer]) => peer), liars }
      if (liars.length > 0) throw new TosError('PROOF_FORGED', `no proof of ${toHex(id)} holds`, { details: { id: toHex(id), liars, asked } })
      throw new TosError('TX_NOT_FOUND', `none of ${asked.length} peers proves ${toHex(id)} in the best chain`, { details: { asked } })
    },
    dump: () => ({ headers: chain.size, headerBytes: chain.bytes, peers: peers.size, ...counts })
  }
}

/** Resolves with `work`, which must not reject, or after `ms`. */
async function doneOrAfter (work: Promise<void>, clock: Clock, ms: number): Promise<void> {
  const late = Promise.withResolvers<undefined>()
  const cancel = clock.after(ms, () => { late.resolve(undefined) })
  await Promise.race([work, late.promise])
  cancel()
}
