import { createBanList, createJudge, LONGEST_ADDRESS_BAN_MS } from '../../../src/peers/bans/index.ts'
import { parseIp } from '../../../src/peers/net/index.ts'
import type { IpAddress } from '../../../src/peers/net/index.ts'
import { createReputationBook } from '../../../src/peers/reputation/index.ts'
import { floorRow, limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'

const START = 1_800_000_000_000
const STEP_MS = 10_000
const STEPS = 80
const CLEAN = 6
const BAD = 5
/** As many strangers as keep the circuit breaker shut: it spares all when a fifth of the known peers offend. */
const OTHERS = 60
/** Anybody who can write to the line can bring these about. */
const SPOOFABLE = ['connection_drop', 'transport_error', 'slow_response'] as const

/** Ban poisoning: clean peers share an address with bad ones, who do their worst, and strangers forge what they can in the clean ones' name. */
export function sharedAddress (): Row[] {
  const five = poison(BAD)
  const many = poison(2 * BAD)
  const what = `NAT, ${CLEAN} clean and ${BAD} bad ids behind one address`
  return [
    limitRow(`${what}: clean peers banned`, five.cleanBanned, `of ${CLEAN}`, 0),
    limitRow(`${what}: newcomers turned away`, five.addressBanMs / 60_000, 'min', 0),
    floorRow(`${what}: bad peers banned`, five.badBanned, `of ${BAD}`, BAD),
    floorRow(`${what}: lowest score of a clean one`, five.lowest, 'of 1000', 400),
    limitRow(`NAT, ${2 * BAD} bad ids instead: clean peers banned by id`, many.cleanBannedById, `of ${CLEAN}`, 0),
    limitRow(`NAT, ${2 * BAD} bad ids instead: longest ban of the address`, many.addressBanMs / 60_000, 'min', LONGEST_ADDRESS_BAN_MS / 60_000)
  ]
}

interface Outcome {
  readonly cleanBanned: number
  readonly cleanBannedById: number
  readonly badBanned: number
  readonly lowest: number
  /** Longest time that one ban closes the address for. */
  readonly addressBanMs: number
}

function poison (badCount: number): Outcome {
  const ip = parseIp('198.51.100.7') as IpAddress
  const ids = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name} ${i}`)
  const clean = ids('clean', CLEAN)
  const bad = ids('bad', badCount)
  const connected = new Map([...clean, ...bad, ...ids('other', OTHERS)].map(id => [id, START]))
  const book = createReputationBook({ connected: () => connected })
  const bans = createBanList({ store: { load: () => undefined, save: () => {} }, now: START, onError: error => { throw error } })
  const judge = createJudge(book, bans, START)
  let addressBanMs = 0
  const seen = { clean: new Set<string>(), byId: new Set<string>(), bad: new Set<string>() }
  let lowest = Infinity
  for (let now = START; now < START + STEPS * STEP_MS; now += STEP_MS) {
    for (const peer of bad) judge.record(peer, 'invalid_block', now, ip)
    for (const peer of clean) for (const reason of SPOOFABLE) judge.record(peer, reason, now, ip)
    const notice = bans.isBanned(undefined, ip, now)
    if (notice?.until !== undefined) addressBanMs = Math.max(addressBanMs, notice.until - now)
    for (const peer of bad) if (bans.isBanned(peer, undefined, now) !== undefined) seen.bad.add(peer)
    for (const peer of clean) {
      if (bans.isBanned(peer, ip, now) !== undefined) seen.clean.add(peer)
      if (bans.isBanned(peer, undefined, now) !== undefined) seen.byId.add(peer)
      lowest = Math.min(lowest, book.score(peer, now))
    }
  }
  return { cleanBanned: seen.clean.size, cleanBannedById: seen.byId.size, badBanned: seen.bad.size, lowest, addressBanMs }
}
