import { createConnectionLimits, createKeyHash, evictInbound, groupKey, parseIp } from '../../../src/peers/net/index.ts'
import type { EvictionCandidate, IpAddress } from '../../../src/peers/net/index.ts'
import { floorRow, limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import type { Scale } from './scale.ts'

const MINUTES = 10
const STEP_MS = 250
const SYBILS = 100
const GROUPS = 4
const PLACES = { inbound: 35, outbound: 15 } as const
const HONEST = 20
const SECRETS = { quick: 2, short: 8, long: 64 } as const
const START = 1_800_000_000_000
const HOUR = 3_600_000

type Facts = Partial<EvictionCandidate>

/** What the Sybils pretend to be: they can be near, and can pay for relaying, but have four /16 groups only. */
const GUISES: Readonly<Record<string, (now: number) => Facts>> = {
  'idle Sybils': () => ({}),
  'the nearest Sybils': () => ({ pingMs: 0.1 }),
  'Sybils that are nearest and relay most': now => ({ pingMs: 0.1, lastTransactionAt: now, lastBlockAt: now })
}

/** SECURITY E1: all inbound places are taken, and 100 Sybils from four /16 networks come and go for ten minutes. */
export function inboundEviction (scale: Scale): Row[] {
  return Object.entries(GUISES).flatMap(([guise, facts]) => {
    const runs = Array.from({ length: SECRETS[scale] }, (_, secret) => churn(facts, secret))
    const worst = (lost: 'honest' | 'outbound'): number => Math.max(...runs.map(run => run[lost]))
    return [
      limitRow(`E1, ${guise}: protected peers lost in ${MINUTES} min`, worst('honest'), `of ${HONEST}`, 0),
      limitRow(`E1, ${guise}: outbound peers lost`, worst('outbound'), `of ${PLACES.outbound}`, 0),
      floorRow(`E1, ${guise}: evictions meanwhile`, Math.min(...runs.map(({ evicted }) => evicted)), 'evictions', 1000)
    ]
  })
}

/** One run on a virtual clock, through the limits per address first and eviction afterwards, as the node does. */
function churn (sybil: (now: number) => Facts, secret: number): { honest: number, outbound: number, evicted: number } {
  const hash = createKeyHash(new Uint8Array(8).fill(secret))
  const limits = createConnectionLimits()
  const addresses = new Map<string, IpAddress>()
  let open = [...honestPeers(), ...outboundPeers()]
  let evicted = 0
  const leave = (id: string): void => {
    open = open.filter(peer => peer.id !== id)
    const ip = addresses.get(id)
    if (ip !== undefined) limits.release(ip)
    addresses.delete(id)
  }
  for (let round = 0; round * STEP_MS < MINUTES * 60_000; round++) {
    const now = START + round * STEP_MS
    const number = round % SYBILS
    // one of them leaves now and then, so that free places are taken as well as fought for
    const leaver = number % 10 === 9 ? [...addresses.keys()][0] : undefined
    if (leaver !== undefined) leave(leaver)
    const ip = parseIp(`11.${number % GROUPS}.${number}.1`) as IpAddress
    if (limits.admit(ip) !== undefined) continue
    if (open.filter(({ direction }) => direction === 'inbound').length >= PLACES.inbound) {
      const victim = evictInbound(open, hash)
      if (victim === undefined) {
        limits.release(ip)
        continue
      }
      leave(victim)
      evicted++
    }
    const id = `sybil ${round}`
    addresses.set(id, ip)
    open.push({ ...plain(id, groupKey(ip)), connectedAt: now, ...sybil(now) })
  }
  const left = (name: string): number => open.filter(({ id }) => id.startsWith(name)).length
  return { honest: HONEST - left('honest'), outbound: PLACES.outbound - left('outbound'), evicted }
}

/** An hour's standing, each in a network of its own; eight are near, four bring transactions, four bring blocks, four are merely old. */
function honestPeers (): EvictionCandidate[] {
  return Array.from({ length: HONEST }, (_, i) => ({
    ...plain(`honest ${i}`, `20.${i}.0.0/16`),
    connectedAt: START - HOUR + i,
    pingMs: i < 8 ? 10 + i : 200 + i,
    lastTransactionAt: i >= 8 && i < 12 ? START - i * 1000 : undefined,
    lastBlockAt: i >= 12 && i < 16 ? START - i * 1000 : undefined
  }))
}

function outboundPeers (): EvictionCandidate[] {
  return Array.from({ length: PLACES.outbound }, (_, i) => ({ ...plain(`outbound ${i}`, '11.0.0.0/16'), direction: 'outbound', connectedAt: START + i }))
}

function plain (id: string, group: string): EvictionCandidate {
  return { id, direction: 'inbound', group, connectedAt: START, pingMs: undefined, lastBlockAt: undefined, lastTransactionAt: undefined }
}
