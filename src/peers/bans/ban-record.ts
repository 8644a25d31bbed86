import { prefixKey } from '../net/index.ts'
import type { IpAddress } from '../net/index.ts'
import { MAX_REASON_BYTES } from './ban-file.ts'
import { ADDRESS_BITS } from './ban-terms.ts'
import type { Sentence } from './sentences.ts'

/** One ban. */
export interface Ban {
  /** Peer id, or a CIDR range. */
  readonly target: string
  /** `address`: too many banned peers came from it. Refuse new connections; those that are open have done nothing. */
  readonly by: 'operator' | 'score' | 'address'
  readonly reason: string
  /** Wall time, ms. */
  readonly since: number
  /** Undefined: until somebody removes it. */
  readonly until: number | undefined
  /** Bans in a row. */
  readonly times: number
}

/** What stands against a peer. */
export interface BanNotice extends Ban {
  readonly code: 'BANNED'
}

/** As the gater reports it. */
export function notice (ban: Ban): BanNotice {
  return { ...ban, code: 'BANNED' }
}

/** A ban without an end is never over. */
export function isOver ({ until }: Ban, now: number): boolean {
  return until !== undefined && until <= now
}

/** A sentence as it is listed. */
export function asBan (target: string, by: Ban['by'], { reason, since, times, until }: Sentence): Ban {
  return { target, by, reason, since, until, times }
}

/** The same for what may not be there. */
export function inForce (target: string, by: Ban['by'], sentence: Sentence | undefined): Ban | undefined {
  return sentence === undefined ? undefined : asBan(target, by, sentence)
}

/** The prefix an address is counted and banned by: /32, or /64 in IPv6. */
export function addressKey (ip: IpAddress): string {
  return prefixKey(ip, ADDRESS_BITS[ip.version])
}

/** A reason as long as the file takes, without half characters and control characters. */
export function cutReason (reason: string): string {
  const bytes = Buffer.from(reason.toWellFormed().replace(/\p{Cc}/gu, ' '))
  return bytes.length <= MAX_REASON_BYTES ? bytes.toString() : bytes.toString('utf8', 0, MAX_REASON_BYTES - 3).replace(/\uFFFD+$/, '')
}
