import { randomBytes } from 'node:crypto'
import type { Connection, ConnectionGater } from '@libp2p/interface'
import { TosError, toTosError } from '../../errors/index.ts'
import type { Incident } from '../../protocol/incidents.ts'
import { createBanList, createJudge } from '../bans/index.ts'
import type { Ban, BanNotice, BanStore, Judgement } from '../bans/index.ts'
import { BUDGET_RATES, createBudgets, createConnectionLimits, createKeyHash, ipOf, KEY_HASH_SECRET_LENGTH, parseRange, PREFIX_QUOTAS } from '../net/index.ts'
import type { IpAddress } from '../net/index.ts'
import { createReputationBook, reasonOfIncident } from '../reputation/index.ts'
import type { Explanation, Reason } from '../reputation/index.ts'
import { createGuardGater } from './guard-gater.ts'
import type { GuardOptions } from './guard-options.ts'
import { BEAT_MS, createLagMeter } from './lag-meter.ts'
import { createOpenConnections } from './open-connections.ts'
import { loadScores, saveScores } from './saved-scores.ts'

/** Bans are flushed this often, scores each `SCORES_EVERY`th time: scores alone are lost with a crash, and they decay anyway. */
const FLUSH_MS = 5000
const SCORES_EVERY = 12

/** All that is known of a peer's standing. */
export interface PeerExplanation extends Explanation {
  readonly ban: BanNotice | undefined
  readonly whitelisted: boolean
  /** How long it has been connected, ms; undefined: it is not. */
  readonly connectedMs: number | undefined
}

/** The operator's side of bans. `for` is ms; without it a ban has no end. */
export interface GuardBans {
  /** Bans a peer id, an address or a CIDR range and closes its connections. Throws `INVALID_VALUE`, or `STORE_READ_ONLY` when it holds but could not be written. */
  add (target: string, options?: { readonly for?: number, readonly reason?: string }): Ban
  ls (): Ban[]
  /** Removes every ban of a target, its own score included. Throws as `add`. */
  rm (target: string): Ban[]
  /** Removes all. Throws `STORE_READ_ONLY`. */
  clear (): Ban[]
}

/** Scores, bans, connection limits and budgets of one node as one object. */
export interface Guard {
  /** Give it to `createLibp2p({ connectionGater })`. */
  readonly gater: ConnectionGater
  readonly bans: GuardBans
  /** Charges what the kernel reports. Nobody pays for our own faults, nor for what it says of us. */
  incident (incident: Incident): void
  /** Charges or rewards a peer; bans and disconnects it when its score calls for it. `ip`: default that of its connection. */
  record (peer: string, reason: Reason, ip?: IpAddress): Judgement
  /** Charges one unasked message to the peer's budgets; names the one it exceeds, which also costs reputation. Whitelisted peers have none. */
  take (peer: string, bytes: number): 'messages' | 'bytes' | undefined
  /** Charges further bytes of a message that was taken already; false when they exceed the budget, which costs reputation. */
  takeBytes (peer: string, bytes: number): boolean
  /** Thousandths; 500 for a stranger, below 300 is banned. */
  score (peer: string): number
  explain (peer: string): PeerExplanation
  isBanned (peer: string | undefined, ip?: IpAddress): BanNotice | undefined
  /** No quota applies to it. `ip`: default that of its connection. */
  isWhitelisted (peer: string, ip?: IpAddress): boolean
  /** How late our own event loop runs, ms: nobody is charged above 500. 0 while nothing watches it. */
  lagMs (): number
  /** Connections come and go: the `reputation` service tells. */
  opened (connection: Connection): void
  closed (connection: Connection): void
  /** Begins to watch our own lag and to save; `stop` ends both and saves. May be called again. */
  start (): void
  stop (): void
  /** Writes what is unwritten. Failures go to `onError`. */
  flush (): void
  /** Sizes of all tables, and refusals so far. */
  dump (): Record<string, number>
}

const MEMORY: BanStore = { load: () => undefined, save: () => {} }
const isOpenNetwork = (network: string | undefined): boolean => network === undefined || network === 'mainnet' || network === 'testnet'

/** Creates a guard with what its store holds. Throws `INVALID_VALUE` for a whitelist entry that is neither a peer id nor a range. */
export function createGuard (options: GuardOptions = {}): Guard {
  const { clock = () => performance.now(), exemptLocal = !isOpenNetwork(options.network), hangUp = abort, minPeers = 8, now = Date.now, profile = 'default', random = randomBytes, store = {}, whitelist = [] } = options
  const { every = timer, onBan = () => {}, onError = () => {}, onStorm } = options
  const scores = store.reputation ?? MEMORY
  const open = createOpenConnections()
  const refusals = { banned: 0, limit: 0 }
  const ranges = whitelist.filter(isRange)
  const bans = createBanList({ store: store.bans ?? MEMORY, now: now(), whitelist, onError: error => { onError(error, 'bans') } })
  const limits = createConnectionLimits({ quotas: options.quotas ?? PREFIX_QUOTAS[profile], exemptLocal, whitelist: ranges.map(parseRange) })
  const budgets = createBudgets({ hash: createKeyHash(random(KEY_HASH_SECRET_LENGTH)), rates: options.budgets ?? BUDGET_RATES[profile] })
  const book = createReputationBook({ connected: () => open.since, minPeers, ...(onStorm === undefined ? {} : { alarm: onStorm }) })
  const told = (action: () => void): void => {
    try {
      action()
    } catch (error) {
      onError(toTosError(error), 'reputation')
    }
  }
  told(() => { loadScores(book, scores, now()) })
  const judge = createJudge(book, bans, now())
  let meter = createLagMeter(clock())
  let timers: Array<() => void> = []

  const isBanned = (peer: string | undefined, ip: IpAddress | undefined): BanNotice | undefined => bans.isBanned(peer, ip, now())
  const isExempt = (peer: string): boolean => bans.isWhitelisted(peer, open.ip(peer))
  const enforce = (ban: Ban, connections: readonly Connection[]): void => {
    const error = new TosError('BANNED', ban.reason === '' ? 'banned' : `banned: ${ban.reason}`, { details: { target: ban.target, until: ban.until } })
    for (const connection of connections) hangUp(connection, error)
  }
  const enforceOrders = (): void => {
    for (const connection of open.all()) {
      const ban = isBanned(connection.remotePeer.toString(), ipOf(connection.remoteAddr.toString()))
      // a ban of an address by its score bars newcomers only
      if (ban?.by === 'operator') enforce(ban, [connection])
    }
  }
  const lagMs = (): number => timers.length === 0 ? 0 : meter.lag(clock())
  const record = (peer: string, reason: Reason, ip = open.ip(peer)): Judgement => {
    book.lagging(lagMs())
    const judgement = judge.record(peer, reason, now(), ip)
    if (judgement.banned !== undefined) {
      onBan(judgement.banned)
      enforce(judgement.banned, open.of(peer))
    }
    return judgement
  }
  const flush = (): void => {
    bans.flush(now())
    told(() => { saveScores(book, scores, now()) })
  }
  const stop = (): void => {
    if (timers.length === 0) return
    for (const end of timers) end()
    timers = []
    open.clear()
    flush()
  }

  return {
    gater: createGuardGater({ limits, isBanned, namesPeers: ranges.length < whitelist.length, refused: why => { refusals[why]++ } }),
    bans: {
      add (target, order = {}) {
        try {
          return bans.add(target, order, now())
        } finally {
          // also when only the disk refused: the ban holds all the same
          enforceOrders()
        }
      },
      ls: () => bans.ls(now()),
      rm: target => judge.pardon(target, now()),
      clear: () => judge.pardonAll(now())
    },
    incident (incident) {
      const reason = reasonOfIncident(incident)
      if (reason !== undefined && incident.peer !== undefined) record(incident.peer, reason)
    },
    record,
    take (peer, bytes) {
      if (isExempt(peer)) return undefined
      const over = budgets.charge(peer, clock(), bytes)
      if (over !== undefined) record(peer, over === 'messages' ? 'message_rate_exceeded' : 'bandwidth_exceeded')
      return over
    },
    takeBytes (peer, bytes) {
      if (isExempt(peer) || budgets.chargeBytes(peer, clock(), bytes)) return true
      record(peer, 'bandwidth_exceeded')
      return false
    },
    score: peer => book.score(peer, now()),
    explain (peer) {
      const since = open.since.get(peer)
      book.lagging(lagMs())
      return {
        ...book.explain(peer, now()),
        ban: isBanned(peer, open.ip(peer)),
        whitelisted: isExempt(peer),
        connectedMs: since === undefined ? undefined : now() - since
      }
    },
    isBanned: (peer, ip) => isBanned(peer, ip),
    isWhitelisted: (peer, ip = open.ip(peer)) => bans.isWhitelisted(peer, ip),
    lagMs,
    opened (connection) { open.add(connection, now()) },
    closed (connection) { open.remove(connection) },
    start () {
      if (timers.length > 0) return
      meter = createLagMeter(clock())
      let rounds = 0
      timers = [
        every(BEAT_MS, () => { meter.beat(clock()) }),
        every(FLUSH_MS, () => {
          if (++rounds % SCORES_EVERY === 0) flush()
          else bans.flush(now())
        })
      ]
    },
    stop,
    flush,
    dump: () => {
      const { peers, addresses, operator, unsaved } = bans.dump()
      const { active, held, offenders } = book.dump()
      return {
        scores: active, held, offenders, banned: peers, addresses, orders: operator, unsaved: Number(unsaved), prefixes: limits.size, budgets: budgets.size,
        connected: open.since.size, refusedBanned: refusals.banned, refusedLimit: refusals.limit
      }
    }
  }
}

const isRange = (target: string): boolean => /[.:/]/.test(target)

function abort (connection: Connection, error: TosError): void {
  connection.abort(error)
}

function timer (ms: number, run: () => void): () => void {
  const handle = setInterval(run, ms).unref()
  return () => { clearInterval(handle) }
}
