import type { IpAddress } from '../net/index.ts'
import { RULES } from '../reputation/index.ts'
import type { Reason, ReputationBook, Verdict } from '../reputation/index.ts'
import type { BanList } from './ban-list.ts'
import type { Ban } from './ban-record.ts'

/** What came of an event, ban included. */
export interface Judgement extends Omit<Verdict, 'ban' | 'ignored'> {
  readonly ignored?: Verdict['ignored'] | 'whitelist'
  /** The peer is banned as of now: close its connections. */
  readonly banned?: Ban
}

/** Score book and ban list as one: whoever goes through it cannot leave the two apart. */
export interface Judge {
  /** Applies an event; bans the peer when its score calls for it. `ip`: where it is connected from, if that is known. */
  record (peer: string, reason: Reason, now: number, ip?: IpAddress): Judgement
  /** `BanList.rm`, and the scores of the peers start again. */
  pardon (target: string, now: number): Ban[]
  /** `BanList.clear`, and the scores of the peers start again. */
  pardonAll (now: number): Ban[]
}

/** Joins a book and a list, and freezes the scores of the peers that the list bans already. */
export function createJudge (book: ReputationBook, bans: BanList, now: number): Judge {
  for (const { by, target, until } of bans.ls(now)) if (by === 'score' && until !== undefined) book.hold(target, until, now)
  const released = (removed: Ban[], now: number): Ban[] => {
    for (const { by, target } of removed) if (by === 'score') book.release(target, now)
    return removed
  }
  return {
    record (peer, reason, now, ip) {
      // a whitelist lifts quotas, never validity (WIRE.md §7)
      if (RULES[reason].kind === 'quota' && bans.isWhitelisted(peer, ip)) return { score: book.score(peer, now), delta: 0, ignored: 'whitelist' }
      const { ban, ...verdict } = book.record(peer, reason, now)
      if (ban === undefined) return verdict
      const banned = bans.punish(peer, ban.reason, now, ip)
      if (banned.until !== undefined) book.hold(peer, banned.until, now)
      return { ...verdict, banned }
    },
    pardon: (target, now) => released(bans.rm(target, now), now),
    pardonAll: now => released(bans.clear(now), now)
  }
}
