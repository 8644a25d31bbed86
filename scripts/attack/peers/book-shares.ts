import { bookAddress } from '../../../src/peers/book/book-address.ts'
import type { BookAddress } from '../../../src/peers/book/book-address.ts'
import { BUCKET_SIZE, createPlacement, NEW_BUCKETS, TRIED_BUCKETS } from '../../../src/peers/book/placement.ts'
import { address, ip, NOW, peer, seeded, testBook } from '../../../test/peers-book/book-fixture.ts'
import { limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import type { Scale } from './scale.ts'

const GROUPS = { quick: [1, 4], short: [1, 4, 8], long: [1, 4, 8] } as const
const KEYS = { quick: 40, short: 40, long: 1000 } as const
/** Enough hosts of a group, and hints of a source, to reach nearly all buckets they can. */
const HOSTS = 40
const HINTS = 300

/** SECURITY E2: what an attacker with G groups can reach of both tables, over many secret keys, beside the formulae; then books really flooded. */
export function bookShares (scale: Scale): Row[] {
  const keys = KEYS[scale]
  return GROUPS[scale].flatMap(groups => {
    const reached = reachedShares(groups, keys)
    const held = floodedShares(groups)
    return [
      limitRow(`E2, ${groups} groups, ${keys} keys: buckets of tried within reach`, reached.tried * 100, '%', percent(triedLine(groups))),
      limitRow(`E2, ${groups} groups: slots of tried held after a flood`, held.tried * 100, '%', percent(triedLine(groups))),
      limitRow(`E2, ${groups} groups, ${keys} keys: buckets of new within reach`, reached.new * 100, '%', percent(newLine(groups))),
      limitRow(`E2, ${groups} groups: slots of new held after a flood`, held.new * 100, '%', percent(newLine(groups)))
    ]
  })
}

const triedLine = (groups: number): number => 1 - (1 - 8 / TRIED_BUCKETS) ** groups
const newLine = (groups: number): number => 1 - (1 - 64 / NEW_BUCKETS) ** groups

/** To 0.01 %, for the table. */
function percent (share: number): number {
  return Math.round(share * 1e4) / 100
}

interface Shares { readonly tried: number, readonly new: number }

/** Mean over keys. */
function reachedShares (groups: number, keys: number): Shares {
  const hosts = Array.from({ length: groups }, (_, group) => Array.from({ length: HOSTS }, (_, host) => read(address(group, host))))
  const hints = Array.from({ length: HINTS }, (_, i) => read(address(500 + i, 1)))
  const sources = Array.from({ length: groups }, (_, group) => `11.${group}.0.0/16`)
  let [tried, fresh] = [0, 0]
  for (let seed = 0; seed < keys; seed++) {
    const random = seeded(1000 * groups + seed)
    const { newSlot, triedSlot } = createPlacement(Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256)))
    const bucket = (slot: number): number => Math.floor(slot / BUCKET_SIZE)
    tried += new Set(hosts.flat().map(host => bucket(triedSlot(host)))).size / TRIED_BUCKETS / keys
    fresh += new Set(sources.flatMap(source => hints.map(hint => bucket(newSlot(hint, source))))).size / NEW_BUCKETS / keys
  }
  return { tried, new: fresh }
}

/** A book whose entries are all the attacker's: he tells far more than fits, and all his addresses answer. The limit of entries is lifted. */
function floodedShares (groups: number): Shares {
  const book = testBook(11 + groups, { maxEntries: 100_000, maxBytes: 8 * 2 ** 20 })
  for (let i = 0; i < 1200 * groups; i++) book.good(address(i % groups, Math.floor(i / groups)), peer(i), NOW)
  const { tried } = book.counts()
  for (let i = 0; i < 2500 * groups; i++) book.add([{ address: address(1000 + i % 5000, i) }], ip(i % groups, 1), NOW)
  return { tried: tried / (TRIED_BUCKETS * BUCKET_SIZE), new: book.counts().newPlaces / (NEW_BUCKETS * BUCKET_SIZE) }
}

function read (text: string): BookAddress {
  return bookAddress(text) as BookAddress
}
