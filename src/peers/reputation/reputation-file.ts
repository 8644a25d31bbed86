import { TosError, toTosError } from '../../errors/index.ts'
import { fromJson, option, string, struct, toJson, u16, u32, vec } from '../../wire/index.ts'
import type { Infer } from '../../wire/index.ts'
import { HIGHEST, MAX_TROUBLE } from './reputation-rules.ts'

const VERSION = 1
/** Most records a file may hold, whatever the tables of this node take. */
const MAX_RECORDS = 65_536

const record = struct({
  peer: string(128),
  merit: u16,
  trouble: u16,
  /** Minutes since the epoch: when the score was last looked at. */
  minute: u32,
  /** Seconds since the epoch: when the ban ends. */
  heldUntil: option(u32)
})
const file = struct({ version: u16, peers: vec(record, { max: MAX_RECORDS }) })

/** A peer's standing as it is saved. */
export type SavedRecord = Infer<typeof record>

/** Plain JSON of the records. */
export function scoresToJson (peers: readonly SavedRecord[]): unknown {
  return toJson(file, { version: VERSION, peers: [...peers] })
}

/** The inverse; every field and range is checked. Throws `PEER_FILE_INVALID` with the reason as cause. */
export function scoresFromJson (json: unknown): readonly SavedRecord[] {
  const peers = read(json)
  const odd = peers.find(({ merit, trouble }) => merit > HIGHEST || trouble > MAX_TROUBLE)
  if (odd !== undefined) throw new TosError('PEER_FILE_INVALID', `the score of ${odd.peer} is out of range`, { details: { merit: odd.merit, trouble: odd.trouble } })
  return peers
}

function read (json: unknown): readonly SavedRecord[] {
  const version = (json as { readonly version?: unknown } | null | undefined)?.version
  if (version !== VERSION) throw new TosError('PEER_FILE_INVALID', `scores of version ${String(version).slice(0, 20)}, not ${VERSION}`)
  try {
    return fromJson(file, json).peers
  } catch (cause) {
    throw new TosError('PEER_FILE_INVALID', `the saved scores are damaged: ${toTosError(cause).message}`, { cause })
  }
}
