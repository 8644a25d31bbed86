import { SOURCES, kindOf } from './sources.ts'
import type { Origin, SourceKind } from './sources.ts'

/** Keys of one kind, by the origin that holds them, oldest first. */
type Room = Map<Origin, Set<string>>

/** Who may keep how many candidates: every kind has a room of its own, in which the greediest origin gives way. */
export interface Rooms {
  /** Places `key` under `origin`, taking it out of where it was. Returns the key that must go for it. */
  place (origin: Origin, key: string): string | undefined
  remove (key: string): void
  size (kind: SourceKind): number
  readonly capacity: number
}

export function createRooms (max: number): Rooms {
  const rooms = new Map<SourceKind, Room>()
  const holders = new Map<string, Origin>()
  const capOf = (kind: SourceKind): number => Math.max(1, Math.floor(SOURCES[kind].share * max))
  const size = (kind: SourceKind): number => {
    let sum = 0
    for (const keys of rooms.get(kind)?.values() ?? []) sum += keys.size
    return sum
  }

  const remove = (key: string): void => {
    const origin = holders.get(key)
    if (origin === undefined) return
    holders.delete(key)
    const room = rooms.get(kindOf(origin))
    const keys = room?.get(origin)
    keys?.delete(key)
    if (keys?.size === 0) room?.delete(origin)
  }

  return {
    size,
    remove,
    capacity: Object.keys(SOURCES).reduce((sum, kind) => sum + capOf(kind as SourceKind), 0),
    place (origin, key) {
      if (holders.get(key) === origin) return undefined
      remove(key)
      const kind = kindOf(origin)
      const room = rooms.get(kind) ?? new Map() as Room
      rooms.set(kind, room)
      // who is at its cap makes room by its own oldest; only then must the one with the most give way
      const evicted = size(kind) < capOf(kind) ? undefined : oldestOfGreediest(room, origin)
      if (evicted !== undefined) remove(evicted)
      const keys = room.get(origin) ?? new Set<string>()
      room.set(origin, keys.add(key))
      holders.set(key, origin)
      return evicted
    }
  }
}

function oldestOfGreediest (room: Room, comer: Origin): string | undefined {
  let greediest = room.get(comer)
  for (const keys of room.values()) if (greediest === undefined || keys.size > greediest.size) greediest = keys
  return greediest?.values().next().value
}
