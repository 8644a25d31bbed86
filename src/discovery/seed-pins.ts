import { TosError } from '../errors/index.ts'
import { splitPeer } from './peer-address.ts'

/** Which key answered at an address. */
export interface SeedPin {
  /** Multiaddr without `/p2p/…`. */
  readonly address: string
  /** Text form of the PeerId. */
  readonly peer: string
  /** When this key was first and last met there, Unix ms. */
  readonly firstMet: number
  readonly lastMet: number
  /** Key before this one, for whoever looks into a change. */
  readonly before?: string
}

/** Where pins are kept between runs. */
export interface SeedPinStore {
  load (): readonly SeedPin[]
  /** Called with all pins whenever a key is new or changed; what it throws reaches the caller of `met`. */
  save (pins: readonly SeedPin[]): void
}

/** Options of `createSeedPins`. */
export interface SeedPinsOptions {
  /** Operator's addresses; those with `/p2p/<id>` are pins, and an address may have several. */
  readonly operator: readonly string[]
  readonly store: SeedPinStore
  /** Unix ms. */
  readonly clock: () => number
}

/** What a meeting came to. `warning`: `SEED_CHANGED` when accepted, `SEED_PIN_MISMATCH` when refused. */
export interface SeedVerdict {
  readonly accept: boolean
  /** `pinned` by the operator, `first` met, the `same` as before, or `changed`. */
  readonly trust: 'pinned' | 'first' | 'same' | 'changed' | 'mismatch'
  readonly warning?: TosError
}

/** Trust on first use for seeds whose address names no id. */
export interface SeedPins {
  /** To be called when `peer` has proved its key on a connection dialled to `address`. */
  met (address: string, peer: string): SeedVerdict
  pins (): SeedPin[]
}

/** Addresses remembered; DNS records choose some of them. The longest unmet goes. */
const MAX_PINS = 256
/** How exactly `lastMet` is kept, ms: not every connection is worth a write. */
const SAVE_EVERY_MS = 86_400_000

/**
 * Remembers the key first met at a seed's address. A change is accepted with a warning - operators of public seeds do lose keys -
 * and the new key is remembered; a key the operator named is never replaced, another one is refused.
 */
export function createSeedPins ({ operator, store, clock }: SeedPinsOptions): SeedPins {
  const named = Map.groupBy(operator.map(splitPeer).filter(({ peer }) => peer !== undefined), ({ address }) => address)
  const pins = new Map(store.load().slice(-MAX_PINS).map(pin => [pin.address, pin]))

  const remember = (pin: SeedPin): void => {
    // the order of the map is the order of meeting
    pins.delete(pin.address)
    pins.set(pin.address, pin)
    const oldest = pins.keys().next().value
    if (pins.size > MAX_PINS && oldest !== undefined) pins.delete(oldest)
  }

  return {
    met (dialled, peer) {
      const { address } = splitPeer(dialled)
      const wanted = named.get(address)
      if (wanted !== undefined) {
        if (wanted.some(pin => pin.peer === peer)) return { accept: true, trust: 'pinned' }
        const expected = wanted.map(pin => pin.peer)
        return { accept: false, trust: 'mismatch', warning: new TosError('SEED_PIN_MISMATCH', `${address} answers as ${peer}, which is not the id named for it`, { details: { address, expected, found: peer } }) }
      }
      const now = clock()
      const old = pins.get(address)
      if (old?.peer === peer) {
        const due = now - old.lastMet >= SAVE_EVERY_MS
        remember(due ? { ...old, lastMet: now } : old)
        if (due) store.save([...pins.values()])
        return { accept: true, trust: 'same' }
      }
      remember({ address, peer, firstMet: now, lastMet: now, ...(old === undefined ? {} : { before: old.peer }) })
      store.save([...pins.values()])
      if (old === undefined) return { accept: true, trust: 'first' }
      const details = { address, before: old.peer, found: peer, knownSince: old.firstMet }
      return { accept: true, trust: 'changed', warning: new TosError('SEED_CHANGED', `${address} answered as ${old.peer} before and as ${peer} now`, { details }) }
    },
    pins: () => [...pins.values()]
  }
}
