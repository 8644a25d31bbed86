/** Numbered slots in use, and the slots of each group. */
export interface SlotTable<T> {
  /** Slots in use. */
  readonly used: number
  at (slot: number): T | undefined
  /** Fills an empty slot. `group`: what `pick` is fair between. */
  put (slot: number, item: T, group: string): void
  /** Empties a slot that `group` fills. */
  take (slot: number, group: string): void
  /** The group with most slots in use, the first of equals; undefined when empty. */
  largest (): { readonly name: string, readonly slots: readonly number[] } | undefined
  /** Slots in use by a group. */
  size (group: string): number
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

/** Creates an empty table; its owner bounds the slots. All steps take constant time but `take` (slots of the group) and `largest` (groups). */
export function createSlotTable<T> (): SlotTable<T> {
  const cells = new Map<number, T>()
  /** No more groups than slots. */
  const byName = new Map<string, Group>()
  const groups: Group[] = []

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

  return {
    get used () { return cells.size },
    at: slot => cells.get(slot),
    put (slot, item, name) {
      const group = byName.get(name) ?? begin(name)
      group.slots.push(slot)
      cells.set(slot, item)
    },
    take (slot, name) {
      const group = byName.get(name)
      if (group === undefined || !cells.delete(slot)) return
      const last = group.slots.pop() as number
      if (group.slots.length === 0) end(group)
      else if (last !== slot) group.slots[group.slots.indexOf(slot)] = last
    },
    largest () {
      let best = groups[0]
      for (const group of groups) if (group.slots.length > (best as Group).slots.length) best = group
      return best
    },
    size: name => byName.get(name)?.slots.length ?? 0,
    pick (random) {
      const slots = groups[Math.floor(random() * groups.length)]?.slots
      return slots === undefined ? undefined : cells.get(slots[Math.floor(random() * slots.length)] as number)
    }
  }
}
