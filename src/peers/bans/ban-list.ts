import { TosError, toTosError } from '../../errors/index.ts'
import { isLocalIp } from '../net/index.ts'
import type { IpAddress } from '../net/index.ts'
import type { SavedBans } from './ban-file.ts'
import { addressKey, asBan, cutReason, inForce, isOver, notice } from './ban-record.ts'
import type { Ban, BanNotice } from './ban-record.ts'
import { readSaved, savedOrder, savedSentence } from './ban-saving.ts'
import { BanSaver, loadBans } from './ban-store.ts'
import type { BanStore } from './ban-store.ts'
import { parseTarget, targetKey } from './ban-target.ts'
import { LONGEST_ADDRESS_BAN_MS, LONGEST_BAN_MS, LONGEST_ORDER_MS } from './ban-terms.ts'
import { Sentences } from './sentences.ts'
import { SharedAddresses } from './shared-addresses.ts'
import { TargetSet } from './target-set.ts'

export interface BanListOptions {
  readonly store: BanStore
  /** Wall time at start, ms. */
  readonly now: number
  /** Peer ids and CIDR ranges that no quota and no ban of an address applies to. */
  readonly whitelist?: readonly string[]
  /** Told of a file that cannot be used (before anything overwrites it: keep it aside) and of bans that could not be written. */
  readonly onError: (error: TosError) => void
  /** Bans by score that are kept; default 4096: at 50 connections and one ban per 10 s each, more than 15 min can bring. */
  readonly maxPeers?: number
  /** Bans of addresses, and bans by the operator; default 1024 each. */
  readonly maxAddresses?: number
}

/** Who is not let in. Peer ids first; `now` is wall time in ms. */
export interface BanList {
  /** What bans this peer at this address. Either may be unknown yet. */
  isBanned (peer: string | undefined, ip: IpAddress | undefined, now: number): BanNotice | undefined
  isWhitelisted (peer: string | undefined, ip: IpAddress | undefined): boolean
  /** Bans a peer for its score: 15 min, doubling to 24 h. More than five at one address ban the address for up to 1 h. */
  punish (peer: string, reason: string, now: number, ip?: IpAddress): Ban
  /** A ban by the operator. Throws `INVALID_VALUE`, or `STORE_READ_ONLY` when it holds but could not be written. */
  add (target: string, options: { readonly for?: number, readonly reason?: string }, now: number): Ban
  /** Removes every ban of a target and the memory of it; returns what it removed. Throws as `add`. */
  rm (target: string, now: number): Ban[]
  /** All bans in force. */
  ls (now: number): Ban[]
  /** Removes everything; returns what it removed. Throws `STORE_READ_ONLY`. */
  clear (now: number): Ban[]
  /** Writes what is unwritten: call it every few seconds and at the end. Failures go to `onError`. */
  flush (now: number): void
  dump (): { readonly peers: number, readonly addresses: number, readonly operator: number, readonly counted: number, readonly unsaved: boolean }
}

/** Opens the list with what the store holds; a file that cannot be used makes an empty one. Throws `INVALID_VALUE` for a bad whitelist. */
export function createBanList (options: BanListOptions): BanList {
  const { maxAddresses = 1024, maxPeers = 4096, now: start, onError, store, whitelist = [] } = options
  const peers = new Sentences(maxPeers, LONGEST_BAN_MS)
  const addresses = new Sentences(maxAddresses, LONGEST_ADDRESS_BAN_MS)
  const shared = new SharedAddresses()
  const orders = new TargetSet<Ban>()
  const allowed = new TargetSet<true>()
  for (const text of whitelist) allowed.set(parseTarget(text), true)

  const content = (now: number): SavedBans => ({
    peers: peers.entries(now).map(savedSentence),
    addresses: addresses.entries(now).map(savedSentence),
    operator: [...orders].map(([, ban]) => savedOrder(ban))
  })
  const saver = new BanSaver(store, content)
  const told = (action: () => void): void => {
    try {
      action()
    } catch (error) {
      onError(toTosError(error))
    }
  }
  const restore = (saved: SavedBans): void => {
    // read in full before anything is taken: a damaged file counts as a whole
    const read = readSaved(saved)
    for (const [peer, sentence] of read.peers) {
      peers.restore(peer, sentence, start)
      if (sentence.address !== undefined && start < sentence.until) shared.add(sentence.address, peer, sentence.until, start)
    }
    for (const [address, sentence] of read.addresses) addresses.restore(address, sentence, start)
    for (const { target, ban } of read.operator.slice(0, maxAddresses)) orders.set(target, ban)
  }
  // a peer id and a range are never spelled alike, so one key serves all three tables
  const forget = (key: string, now: number): Ban[] => {
    const found = [orders.delete(key), inForce(key, 'score', peers.active(key, now)), inForce(key, 'address', addresses.active(key, now))]
    const sentence = peers.delete(key)
    if (sentence?.address !== undefined) shared.delete(sentence.address, key)
    if (addresses.delete(key) !== undefined) shared.clear(key)
    return found.filter(ban => ban !== undefined)
  }
  const isWhitelisted = (peer: string | undefined, ip: IpAddress | undefined): boolean => allowed.matches(peer, ip).next().done === false
  const ls = (now: number): Ban[] => {
    for (const [key, ban] of orders) if (isOver(ban, now)) orders.delete(key)
    const decided = ([['score', peers], ['address', addresses]] as const).flatMap(([by, table]) =>
      table.entries(now).map(([key]) => inForce(key, by, table.active(key, now))).filter(ban => ban !== undefined))
    return [...[...orders].map(([, ban]) => ban), ...decided]
  }

  told(() => {
    const saved = loadBans(store)
    if (saved !== undefined) restore(saved)
  })

  return {
    isBanned (peer, ip, now) {
      // the operator first: what a person decided is what the peer and the logs should see
      for (const ban of orders.matches(peer, ip)) if (!isOver(ban, now)) return notice(ban)
      const own = peer === undefined ? undefined : inForce(peer, 'score', peers.active(peer, now))
      if (own !== undefined) return notice(own)
      if (ip === undefined || addresses.size === 0) return undefined
      const address = addressKey(ip)
      const ban = inForce(address, 'address', addresses.active(address, now))
      return ban === undefined || isWhitelisted(peer, ip) ? undefined : notice(ban)
    },
    isWhitelisted,
    punish (peer, reason, now, ip) {
      // behind a local address stands a proxy or a whole site, and a devnet lives on one: it is never counted
      const address = ip === undefined || isLocalIp(ip) ? undefined : addressKey(ip)
      const sentence = peers.add(peer, cutReason(reason), now, address)
      if (address !== undefined && shared.add(address, peer, sentence.until, now)) addresses.add(address, 'too many banned peers', now)
      told(() => { saver.saveSoon(now) })
      return asBan(peer, 'score', sentence)
    },
    add (target, { for: ms, reason = '' }, now) {
      if (ms !== undefined && !(ms > 0 && ms <= LONGEST_ORDER_MS)) throw new TosError('INVALID_VALUE', `a ban lasts up to ten years, not ${ms} ms`)
      const parsed = parseTarget(target)
      // drops the orders that are over, so that only those in force fill the table
      ls(now)
      if (orders.size >= maxAddresses && orders.get(targetKey(parsed)) === undefined) {
        throw new TosError('INVALID_VALUE', `${maxAddresses} bans by the operator are in force already`, { hint: 'remove some with `tosd bans rm`, or ban a range' })
      }
      const ban: Ban = { target: targetKey(parsed), by: 'operator', reason: cutReason(reason), since: now, until: ms === undefined ? undefined : now + ms, times: 1 }
      orders.set(parsed, ban)
      saver.saveNow(now)
      return ban
    },
    rm (target, now) {
      const removed = forget(targetKey(parseTarget(target)), now)
      saver.saveNow(now)
      return removed
    },
    ls,
    clear (now) {
      const removed = ls(now)
      for (const [key] of orders) orders.delete(key)
      for (const [key, { address }] of peers.entries(now)) {
        peers.delete(key)
        if (address !== undefined) shared.clear(address)
      }
      for (const [key] of addresses.entries(now)) addresses.delete(key)
      saver.saveNow(now)
      return removed
    },
    flush (now) {
      told(() => { saver.flush(now) })
    },
    dump: () => ({ peers: peers.size, addresses: addresses.size, operator: orders.size, counted: shared.size, unsaved: saver.dirty })
  }
}
