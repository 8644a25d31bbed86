import type { Hint } from '../hint.ts'
import type { AddressRules } from '../peer-address.ts'
import { countRefusal, readEach } from '../refusals.ts'
import type { Refusals } from '../refusals.ts'
import { parseSeedRecord } from './seed-record.ts'
import { openSeedRecord } from './signed-record.ts'
import type { SignedRecordRules } from './signed-record.ts'

/** What one name may tell (SECURITY.md §3): a hostile answer over TCP can have 64 KiB. */
export const DNS_ANSWER_LIMITS = { records: 64, bytes: 4096 } as const

/** What an answer came to. */
export interface ReadAnswer {
  readonly hints: Hint[]
  readonly refused: Refusals
}

/**
 * Reads the TXT records of one name, each a list of its strings, which belong together (RFC 7208 §3.3 reads them so too). Records
 * beyond the limits count under `LENGTH_LIMIT` and are not looked at, however they are made. Never throws.
 */
export function readAnswer (records: readonly (readonly string[])[], rules: AddressRules & SignedRecordRules): ReadAnswer {
  const texts: string[] = []
  let bytes = 0
  for (const strings of records) {
    const size = strings.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    if (texts.length === DNS_ANSWER_LIMITS.records || bytes + size > DNS_ANSWER_LIMITS.bytes) break
    bytes += size
    texts.push(strings.join(''))
  }
  const { values, refused } = readEach(texts, text => parseSeedRecord(openSeedRecord(text, rules), rules))
  countRefusal(refused, 'LENGTH_LIMIT', records.length - texts.length)
  return { hints: values, refused }
}
