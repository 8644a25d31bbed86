import { prefixKey } from '../net/index.ts'
import type { IpAddress } from '../net/index.ts'
import { targetKey } from './ban-target.ts'
import type { BanTarget } from './ban-target.ts'

interface Entry<T> { readonly target: BanTarget, readonly value: T }

/** Peers and address ranges with a value each. A look-up costs one map access per prefix length in use, not one per range. */
export class TargetSet<T> {
  /** Bounded by its owner: only operators and files add, never peers. */
  readonly #entries: Map<string, Entry<T>> = new Map()
  /** Prefix lengths in use and by how many ranges: each is one look-up per question. */
  readonly #lengths: Map<string, { readonly version: 4 | 6, readonly bits: number, count: number }> = new Map()

  get size (): number { return this.#entries.size }

  /** Adds or replaces. */
  set (target: BanTarget, value: T): void {
    const key = targetKey(target)
    if (!this.#entries.has(key) && 'range' in target) {
      const { version, bits } = target.range
      const length = this.#lengths.get(`${version}/${bits}`)
      if (length === undefined) this.#lengths.set(`${version}/${bits}`, { version, bits, count: 1 })
      else length.count++
    }
    this.#entries.set(key, { target, value })
  }

  /** By the one spelling of a target. */
  get (key: string): T | undefined {
    return this.#entries.get(key)?.value
  }

  /** Returns what was there. */
  delete (key: string): T | undefined {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    if (entry !== undefined && 'range' in entry.target) {
      const { version, bits } = entry.target.range
      const length = this.#lengths.get(`${version}/${bits}`)
      if (length !== undefined && --length.count === 0) this.#lengths.delete(`${version}/${bits}`)
    }
    return entry?.value
  }

  /** Values that apply to a peer at an address: its own first, then those of ranges. */
  * matches (peer: string | undefined, ip: IpAddress | undefined): Generator<T> {
    const own = peer === undefined ? undefined : this.#entries.get(peer)
    if (own !== undefined) yield own.value
    if (ip === undefined) return
    for (const { version, bits } of this.#lengths.values()) {
      const entry = version === ip.version ? this.#entries.get(prefixKey(ip, bits)) : undefined
      if (entry !== undefined) yield entry.value
    }
  }

  * [Symbol.iterator] (): Generator<[key: string, value: T]> {
    for (const [key, { value }] of this.#entries) yield [key, value]
  }
}
