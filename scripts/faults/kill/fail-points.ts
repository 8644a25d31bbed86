/** What the process that is killed does: the fail point must lie on its way. */
export type Life = 'grow' | 'recover' | 'prune' | 'heal' | 'repair'

/** When a process dies: before, right after or at the end of the `n`-th call of that name (see intercept.ts). */
export interface FailPoint {
  readonly name: string
  readonly life: Life
  readonly call: string
  readonly when: 'before' | 'during' | 'after'
  /** Which call; `[from, to]` leaves it to chance. */
  readonly n: number | readonly [number, number]
  /** Each life starts in an empty directory. */
  readonly fresh?: true
  /** LevelDB writes tables all the time instead of every 4 MiB. */
  readonly smallBuffers?: true
}

const SOME = [1, 25] as const

/** The places where a store can be torn, in the order of a life. */
export const FAIL_POINTS: readonly FailPoint[] = [
  { name: 'manifest drafted', life: 'grow', call: 'rename ledger.json.new', when: 'before', n: 1, fresh: true },
  { name: 'manifest in place', life: 'grow', call: 'rename ledger.json.new', when: 'after', n: 1, fresh: true },
  { name: 'lock being made', life: 'grow', call: 'open lock', when: 'during', n: 1, fresh: true },
  { name: 'lock taken', life: 'grow', call: 'open lock', when: 'after', n: 1 },
  { name: 'log being made', life: 'grow', call: 'open blocks', when: 'during', n: 1, fresh: true },
  { name: 'log being opened', life: 'grow', call: 'open blocks', when: 'during', n: 1 },
  { name: 'log opened', life: 'grow', call: 'open blocks', when: 'after', n: 1 },
  { name: 'mark between its slots', life: 'grow', call: 'write mark', when: 'after', n: 1 },
  { name: 'mark reset', life: 'grow', call: 'write mark', when: 'after', n: 2 },
  { name: 'block validated', life: 'grow', call: 'put record', when: 'before', n: SOME },
  { name: 'block being written', life: 'grow', call: 'put record', when: 'during', n: SOME },
  { name: 'block being written amid tables', life: 'grow', call: 'put record', when: 'during', n: [10, 60], smallBuffers: true },
  { name: 'block written, mark not', life: 'grow', call: 'put record', when: 'after', n: SOME },
  { name: 'mark written', life: 'grow', call: 'write mark', when: 'after', n: [3, 27] },
  { name: 'block acknowledged', life: 'grow', call: 'acknowledge', when: 'after', n: SOME },
  { name: 'block acknowledged amid tables', life: 'grow', call: 'acknowledge', when: 'after', n: [10, 60], smallBuffers: true },
  { name: 'close: before the flush', life: 'grow', call: 'put flushed', when: 'before', n: 1 },
  { name: 'close: during the flush', life: 'grow', call: 'put flushed', when: 'during', n: 1 },
  { name: 'close: flushed', life: 'grow', call: 'put flushed', when: 'after', n: 1 },
  { name: 'close: mark on the disk', life: 'grow', call: 'sync mark', when: 'after', n: 1 },
  { name: 'close: log being closed', life: 'grow', call: 'close blocks', when: 'during', n: 1 },
  { name: 'close: log closed', life: 'grow', call: 'close blocks', when: 'after', n: 1 },
  { name: 'close: lock given back', life: 'grow', call: 'close lock', when: 'after', n: 1 },
  { name: 'full disk: probe written', life: 'recover', call: 'write probe', when: 'after', n: 1 },
  { name: 'full disk: log closed', life: 'recover', call: 'close blocks', when: 'after', n: 1 },
  { name: 'full disk: log opened again', life: 'recover', call: 'open blocks', when: 'after', n: 2 },
  { name: 'full disk: refused block removed', life: 'recover', call: 'clear blocks', when: 'after', n: 1 },
  { name: 'full disk: writable again', life: 'recover', call: 'put flushed', when: 'after', n: 1 },
  { name: 'prune: format raised', life: 'prune', call: 'rename ledger.json.new', when: 'after', n: 1 },
  { name: 'prune: half copied', life: 'prune', call: 'batch blocks.new', when: 'after', n: [1, 4] },
  { name: 'prune: being copied', life: 'prune', call: 'batch blocks.new', when: 'during', n: [1, 4] },
  { name: 'prune: copied', life: 'prune', call: 'close blocks.new', when: 'after', n: 1 },
  { name: 'prune: old log aside', life: 'prune', call: 'rename blocks', when: 'after', n: 1 },
  { name: 'prune: new log in place', life: 'prune', call: 'rename blocks.new', when: 'after', n: 1 },
  { name: 'prune: old log being removed', life: 'prune', call: 'remove blocks.old', when: 'during', n: 3 },
  { name: 'prune: old log removed', life: 'prune', call: 'remove blocks.old', when: 'after', n: 3 },
  { name: 'damaged body: half copied', life: 'heal', call: 'batch blocks.new', when: 'after', n: [1, 4] },
  { name: 'damaged body: old log aside', life: 'heal', call: 'rename blocks', when: 'after', n: 1 },
  { name: 'damaged body: new log in place', life: 'heal', call: 'rename blocks.new', when: 'after', n: 1 },
  { name: 'repair: begun', life: 'repair', call: 'repair blocks', when: 'during', n: 1 },
  { name: 'repair: done', life: 'repair', call: 'repair blocks', when: 'after', n: 1 },
  { name: 'repair: half copied', life: 'repair', call: 'batch blocks.new', when: 'after', n: [1, 4] },
  { name: 'repair: old log aside', life: 'repair', call: 'rename blocks', when: 'after', n: 1 },
  { name: 'repair: new log in place', life: 'repair', call: 'rename blocks.new', when: 'after', n: 1 }
]
