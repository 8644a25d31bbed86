import { BUCKET_SIZE } from './placement.ts'

/** Buckets of 64 slots, and the slots of each group. */
export interface SlotTable<T> {
  /** Slots in use. */
  readonly used: number
  at (slot: number): T | undefined
  /** Fills an empty slot. `group`: what `pick` is fair between. */
  put (slot: number, item: T, group: string): void
  take (slot: number): void
  /** Slots in use in a bucket. */
  fill (bucket: number): number
  /** The bucket with most slots in use; the first of equals. */
  fullest (): number
  /**
   * A group at random, each as likely as the next, then one of its items: many addresses of one group weigh no more than one.
   * Undefined when empty.
   */
  pick (random: () => number): T | undefined
}

interface Group {
  readonly name: string
  readonly slots: number[]
  /** Where the group stands in the list to pick from. */
  index: number
}

/** Creates an empty table. All steps take constant time but `take` (slots of the group) and `fullest` (buckets). */
export function createSlotTable<T> (buckets: number): SlotTable<T> {
  const items = emptySlots<T>(buckets)
  const groupOf = emptySlots<Group>(buckets)
  const fills = new Uint8Array(buckets)
  /** No more groups than slots. */
  const byName = new Map<string, Group>()
  const groups: Group[] = []
  let used = 0

  const begin = (name: string): Group => {
    const group = { name, slots: [], index: groups.length }
    byName.set(name, group)
    groups.push(group)
    return group
  }
  const end = ({ name, index }: Group): void => {
    const last = groups.pop() as Group
    if (last.name !== name) {
      groups[index] = last
      last.index = index
    }
    byName.delete(name)
  }
  const count = (slot: number, by: 1 | -1): void => {
    const bucket = slot / BUCKET_SIZE | 0
    fills[bucket] = (fills[bucket] as number) + by
    used += by
  }

  return {
    get used () { return used },
    at: slot => items[slot],
    put (slot, item, name) {
      const group = byName.get(name) ?? begin(name)
      group.slots.push(slot)
      items[slot] = item
      groupOf[slot] = group
      count(slot, 1)
    },
    take (slot) {
      const group = groupOf[slot]
      if (group === undefined) return
      items[slot] = undefined
      groupOf[slot] = undefined
      count(slot, -1)
      const last = group.slots.pop() as number
      if (group.slots.length === 0) end(group)
      else if (last !== slot) group.slots[group.slots.indexOf(slot)] = last
    },
    fill: bucket => fills[bucket] as number,
    fullest () {
      let best = 0
      for (let bucket = 1; bucket < buckets; bucket++) if ((fills[bucket] as number) > (fills[best] as number)) best = bucket
      return best
    },
    pick (random) {
      const slots = groups[Math.floor(random() * groups.length)]?.slots
      return slots === undefined ? undefined : items[slots[Math.floor(random() * slots.length)] as number]
    }
  }
}

/** Filled one by one: an array made by length alone would be a slow one. */
function emptySlots<T> (buckets: number): (T | undefined)[] {
  const slots: (T | undefined)[] = []
  while (slots.length < buckets * BUCKET_SIZE) slots.push(undefined)
  return slots
}
