import { TosError } from '../../errors/index.ts'
import type { SavedBans, SavedOrder, SavedSentence } from './ban-file.ts'
import type { Ban } from './ban-record.ts'
import { parseTarget, targetKey } from './ban-target.ts'
import type { BanTarget } from './ban-target.ts'
import type { Sentence } from './sentences.ts'

/** Saved bans as the tables take them. */
export interface ReadBans {
  readonly peers: ReadonlyArray<readonly [key: string, sentence: Sentence]>
  readonly addresses: ReadonlyArray<readonly [key: string, sentence: Sentence]>
  readonly operator: ReadonlyArray<{ readonly target: BanTarget, readonly ban: Ban }>
}

/** Whole seconds; a ban never ends early for it. */
function seconds (ms: number): number {
  return Math.min(Math.ceil(ms / 1000), 0xffff_ffff)
}

/** A ban of our own making as the file takes it. */
export function savedSentence ([target, { address, reason, since, times, until }]: readonly [string, Sentence]): SavedSentence {
  return { target, reason, since: seconds(since), until: seconds(until), times, address: address ?? null }
}

/** An order of the operator as the file takes it. */
export function savedOrder ({ reason, since, target, until }: Ban): SavedOrder {
  return { target, reason, since: seconds(since), until: until === undefined ? null : seconds(until) }
}

/** Checks what the layout cannot tell: the targets of the operator. Throws `PEER_FILE_INVALID`. */
export function readSaved ({ addresses, operator, peers }: SavedBans): ReadBans {
  try {
    return { peers: peers.map(readSentence), addresses: addresses.map(readSentence), operator: operator.map(readOrder) }
  } catch (cause) {
    throw new TosError('PEER_FILE_INVALID', 'the list of bans names a target that is none', { cause })
  }
}

function readSentence ({ address, reason, since, target, times, until }: SavedSentence): readonly [string, Sentence] {
  // no look at the target: one that is none bans nobody, and one odd line must not cost all the others
  return [target, { reason, since: since * 1000, until: until * 1000, times, address: address ?? undefined }]
}

function readOrder ({ reason, since, target: text, until }: SavedOrder): { readonly target: BanTarget, readonly ban: Ban } {
  const target = parseTarget(text)
  return { target, ban: { target: targetKey(target), by: 'operator', reason, since: since * 1000, until: until === null ? undefined : until * 1000, times: 1 } }
}
