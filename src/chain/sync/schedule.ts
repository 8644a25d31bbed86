import { createSource } from './source.ts'
import type { Source } from './source.ts'

/** What a download may cost. */
export interface ScheduleLimits {
  /** Bytes asked for or waiting for their turn. The item the order waits for is asked for in any case. */
  readonly inFlightBytes: number
  /** Requests to one peer at once. */
  readonly perPeer: number
  /** Items and bytes one request may bring. */
  readonly batch: number
  readonly batchBytes: number
  /** What an item is taken to weigh before one was seen, in bytes. */
  readonly firstBytes: number
  /** Longest wait for one answer, milliseconds. */
  readonly requestTimeoutMs: number
}

/** Items to ask of one peer. */
export interface BodyRequest {
  readonly id: number
  readonly peer: string
  readonly items: readonly number[]
  /** When it was sent and when it has failed, milliseconds of the clock. */
  readonly at: number
  readonly dueAt: number
  /** Asks again for what another peer is late with. */
  readonly hedge: boolean
}

/** A request that others answered first; `out`: its peer is too slow to be worth a place. */
export interface Beaten { readonly request: BodyRequest, readonly out: boolean }

/**
 * Which peer gets which request. Pure: time is an argument, nothing is sent. Items 0 to `count - 1` are consumed in that order. An item
 * is asked of one peer at a time; only what the order waits for may be asked of a second one when the first is late. Whatever ends a
 * request, its items are open again unless they arrived.
 */
export interface Schedule {
  /** The item the order waits for; `count` at the end. */
  readonly front: number
  /** Bytes asked for or waiting for their turn. */
  readonly bytes: number
  join (peer: string): void
  /** Takes a peer out; returns its requests, which are over. */
  leave (peer: string): BodyRequest[]
  has (peer: string): boolean
  /** Requests to send now; they count as sent. */
  plan (now: number): BodyRequest[]
  /** An answer; false when the request is over already. Beaten requests of others are over too. */
  answered (id: number, got: ReadonlyMap<number, number>, missing: readonly number[], now: number): { readonly fresh: readonly number[], readonly beaten: readonly Beaten[] } | undefined
  /** Ends a request without an answer. */
  failed (id: number): void
  /** Leaves a peer alone for a while that has no time; false when that came too often in a row. */
  pause (peer: string, now: number): boolean
  /** The front was taken. */
  consumed (): void
  /** An item that arrived was no good: it is open again, or left to who was asked for it as well. */
  refused (item: number): void
  /** Requests past their time. */
  expired (now: number): BodyRequest[]
  /** The next time after `now` at which `plan` or `expired` may have news by themselves, if ever. */
  wakeAt (now: number): number
  /** True when nobody is left who could bring what the order waits for. */
  stuck (): boolean
}

const OPEN = 0
const ASKED = 1
const HELD = 2
/** Bounds of the measured waits, milliseconds. */
const LEAST_TIMEOUT_MS = 2000
const LEAST_LATE_MS = 250
const LATE_MS = 2000
const PAUSE_MS = 500
/** Least guess of an item's size, bytes. */
const LEAST_BYTES = 1024
const PAUSES = 6
/** Requests in a row that others answered first, for a peer that answered before; one that never did goes at once. */
const BEATEN = 3

export function createSchedule (count: number, limits: ScheduleLimits): Schedule {
  const state = new Uint8Array(count)
  const owners = new Map<number, number[]>()
  const reserved = new Float64Array(count)
  const sources = new Map<string, Source>()
  const requests = new Map<number, BodyRequest>()
  let ids = 0
  let front = 0
  /** No item below it is open. */
  let lowest = 0
  let bytes = 0
  /** Guess of the next item's size: what was seen, slowly forgotten. */
  let guess = limits.firstBytes
  let seen = false
  /** Smoothed answer time of all peers. */
  let usual = 0

  const reserve = (item: number, size: number): void => {
    bytes += size - (reserved[item] as number)
    reserved[item] = size
  }
  const reopen = (item: number): void => {
    state[item] = OPEN
    reserve(item, 0)
    lowest = Math.min(lowest, item)
  }
  const end = ({ id, peer, items }: BodyRequest): void => {
    requests.delete(id)
    sources.get(peer)?.open.delete(id)
    for (const item of items) {
      const left = (owners.get(item) ?? []).filter(owner => owner !== id)
      if (left.length > 0) owners.set(item, left)
      else owners.delete(item)
      if (left.length === 0 && state[item] === ASKED) reopen(item)
    }
  }
  const open = (source: Source, items: number[], now: number, hedge: boolean): BodyRequest => {
    const request = { id: ids++, peer: source.peer, items, at: now, dueAt: now + source.times.timeout(Math.min(LEAST_TIMEOUT_MS, limits.requestTimeoutMs), limits.requestTimeoutMs), hedge }
    requests.set(request.id, request)
    source.open.add(request.id)
    for (const item of items) {
      owners.set(item, [...owners.get(item) ?? [], request.id])
      if (state[item] === OPEN) reserve(item, guess)
      state[item] = ASKED
    }
    return request
  }
  const most = (source: Source): number => Math.max(1, Math.min(limits.batch, Math.floor(source.batchBytes / guess)))
  const choose = (source: Source): number[] => {
    while (lowest < count && state[lowest] !== OPEN) lowest++
    const items: number[] = []
    for (let item = lowest; item < count && items.length < most(source); item++) {
      // the front must always go, or a small budget would stand still
      if (item !== front && bytes + (items.length + 1) * guess > limits.inFlightBytes) break
      if (state[item] === OPEN && !source.lacks(item)) items.push(item)
    }
    return items
  }
  const free = (now: number, extra: number): Source[] => [...sources.values()]
    .filter(source => source.pausedUntil <= now && source.open.size < source.window + extra)
    .sort((a, b) => a.open.size - b.open.size || a.times.smoothed - b.times.smoothed)
  /** The one request the order waits for, and since when that is late. */
  const awaited = (): { request: BodyRequest, lateAt: number } | undefined => {
    const [only, second] = front < count && state[front] === ASKED ? owners.get(front) ?? [] : []
    const request = only === undefined || second !== undefined ? undefined : requests.get(only)
    if (request === undefined) return undefined
    const unknown = usual === 0 ? LATE_MS : Math.min(LATE_MS, Math.max(LEAST_LATE_MS, 4 * usual))
    return { request, lateAt: request.at + (sources.get(request.peer)?.times.late(LEAST_LATE_MS, unknown) ?? 0) }
  }
  const hedge = (now: number): BodyRequest | undefined => {
    const late = awaited()
    if (late === undefined || now < late.lateAt) return undefined
    const helper = free(now, 1).find(source => source.peer !== late.request.peer && !source.lacks(front))
    if (helper === undefined) return undefined
    const items = late.request.items.filter(item => state[item] === ASKED && owners.get(item)?.length === 1 && !helper.lacks(item))
    return open(helper, items.slice(0, most(helper)), now, true)
  }
  const measure = (size: number): void => {
    guess = seen ? Math.max(size, guess - guess / 64) : Math.max(2 * size, LEAST_BYTES)
    seen = true
  }
  const beatenBy = (items: readonly number[]): Beaten[] => {
    const rivals = new Set(items.flatMap(item => owners.get(item) ?? []))
    return [...rivals].flatMap(id => {
      const request = requests.get(id) as BodyRequest
      const source = sources.get(request.peer)
      if (source === undefined || request.items.some(item => state[item] === ASKED)) return []
      end(request)
      source.window = Math.max(1, source.window >> 1)
      source.beaten++
      return [{ request, out: !source.times.known || source.beaten >= BEATEN }]
    })
  }

  return {
    get front () { return front },
    get bytes () { return bytes },
    has: peer => sources.has(peer),
    join (peer) { if (!sources.has(peer)) sources.set(peer, createSource(peer)) },
    leave (peer) {
      const over = [...sources.get(peer)?.open ?? []].map(id => requests.get(id) as BodyRequest)
      for (const request of over) end(request)
      sources.delete(peer)
      return over
    },
    plan (now) {
      const sent: BodyRequest[] = []
      const help = hedge(now)
      if (help !== undefined) sent.push(help)
      for (let went = true; went;) {
        went = false
        for (const source of free(now, 0)) {
          const items = choose(source)
          if (items.length === 0) continue
          sent.push(open(source, items, now, false))
          went = true
        }
      }
      return sent
    },
    answered (id, got, missing, now) {
      const request = requests.get(id)
      const source = request === undefined ? undefined : sources.get(request.peer)
      if (request === undefined || source === undefined) return undefined
      const fresh = request.items.filter(item => got.has(item) && state[item] === ASKED)
      for (const item of fresh) {
        state[item] = HELD
        reserve(item, got.get(item) as number)
        measure(got.get(item) as number)
      }
      source.missed(missing, got.size === 0)
      end(request)
      if (got.size > 0) {
        let size = 0
        for (const each of got.values()) size += each
        source.answered(size, now - request.at, limits.batchBytes)
        source.window = Math.min(limits.perPeer, source.window * 2)
        usual = usual === 0 ? now - request.at : 0.9 * usual + 0.1 * (now - request.at)
      }
      return { fresh, beaten: beatenBy(fresh) }
    },
    failed (id) {
      const request = requests.get(id)
      if (request !== undefined) end(request)
    },
    pause (peer, now) {
      const source = sources.get(peer)
      if (source === undefined) return false
      source.pausedUntil = now + PAUSE_MS * 2 ** source.pauses
      return ++source.pauses < PAUSES
    },
    consumed () {
      reserve(front, 0)
      front++
    },
    refused (item) {
      reopen(item)
      // one that was asked for it as well may still bring it
      if (!owners.has(item)) return
      state[item] = ASKED
      reserve(item, guess)
    },
    expired: now => [...requests.values()].filter(({ dueAt }) => dueAt <= now),
    wakeAt (now) {
      const times = [awaited()?.lateAt ?? 0]
      for (const { dueAt } of requests.values()) times.push(dueAt)
      for (const { pausedUntil } of sources.values()) times.push(pausedUntil)
      return times.reduce((next, at) => at > now && at < next ? at : next, Number.POSITIVE_INFINITY)
    },
    stuck: () => front < count && state[front] === OPEN && ![...sources.values()].some(source => !source.lacks(front))
  }
}
