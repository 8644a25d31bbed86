/** Part of a full table that is cleared at a time: a sort per entry would cost more than the table is worth. */
const BATCH = 16

/**
 * Keeps a table of things that end within `max` entries: when it is over, those that end soonest go, ended ones first.
 * So the first bans of many strangers cannot push out a repeated offender, whose ban is longer.
 * @param keep never removed: the entry that was just added
 */
export function dropSoonest<T> (table: Map<string, T>, max: number, endOf: (value: T) => number, keep: string): void {
  if (table.size <= max) return
  const ends = [...table].filter(([key]) => key !== keep).map(([key, value]) => ({ key, end: endOf(value) })).sort((a, b) => a.end - b.end)
  const surplus = table.size - max + Math.floor(max / BATCH)
  for (const { key } of ends.slice(0, surplus)) table.delete(key)
}
