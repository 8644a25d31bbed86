import type { Random } from '../../src/gossip/stem/index.ts'

/** A network: whom each node dialled, and all it is connected to. Nodes are numbers from 0 on. */
export interface Graph {
  readonly size: number
  readonly dialled: readonly (readonly number[])[]
  readonly peers: readonly (readonly number[])[]
  /** Network group of each node's address. */
  readonly groups: readonly string[]
}

/** Every node dials `outbound` others at random and is dialled by as many: what many dials come to, without the few that stand out. */
export function randomGraph (size: number, outbound: number, random: Random): Graph {
  const dialled = Array.from({ length: size }, (): number[] => [])
  const linked = Array.from({ length: size }, () => new Set<number>())
  for (let round = 0; round < outbound; round++) {
    const targets = shuffled(Array.from({ length: size }, (_, i) => i), random)
    const clashes = (from: number): boolean => targets[from] === from || (linked[from] as Set<number>).has(targets[from] as number) || targets[targets[from] as number] === from
    for (let from = 0; from < size; from++) {
      while (clashes(from)) {
        const other = Math.floor(random() * size)
        const mine = targets[from] as number
        targets[from] = targets[other] as number
        targets[other] = mine
        // whoever was settled before must stay so
        if (other < from && clashes(other)) [targets[from], targets[other]] = [targets[other] as number, targets[from] as number]
      }
    }
    targets.forEach((to, from) => {
      dialled[from]?.push(to)
      linked[from]?.add(to)
      linked[to]?.add(from)
    })
  }
  return { size, dialled, peers: linked.map(set => Array.from(set)), groups: Array.from({ length: size }, () => `group ${Math.floor(random() * 2 ** 16)}`) }
}

/** The same items in a random order. */
export function shuffled<T> (items: readonly T[], random: Random): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[result[i], result[j]] = [result[j] as T, result[i] as T]
  }
  return result
}
