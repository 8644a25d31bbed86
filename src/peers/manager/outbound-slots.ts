import type { Connection } from '@libp2p/interface'
import type { DialOrigin, DialPurpose, OutboundSlot } from '../topology/index.ts'
import { dialOrigin, whereabouts } from './dial-candidate.ts'
import type { KnownCandidate } from './parts.ts'

/** What an outbound connection is for, and who named its peer. */
export interface SlotUse {
  readonly purpose: DialPurpose
  readonly origin: DialOrigin
}

/** The bookkeeping of outbound slots: dials in flight and connections, by key of the candidate or peer id. */
export interface OutboundSlots {
  begin (key: string, address: string | undefined, use: SlotUse): void
  /** The dial of `key` ended, at `peer` when it succeeded. */
  end (key: string, peer?: string): void
  useOf (peer: string): SlotUse | undefined
  /** Purposes of those not connected any more are forgotten here. */
  list (outbound: ReadonlyMap<string, Connection>, known: (peer: string) => KnownCandidate | undefined): OutboundSlot[]
  readonly dialling: ReadonlyMap<string, OutboundSlot>
  dump (): Record<string, number>
}

export function createOutboundSlots (): OutboundSlots {
  // as many dials as are allowed at once, and as many uses as there are connections
  const dialling = new Map<string, OutboundSlot>()
  const uses = new Map<string, SlotUse>()
  return {
    dialling,
    begin: (key, address, use) => { dialling.set(key, { ...whereabouts(address), ...use, peer: key, dialling: true }) },
    end (key, peer) {
      const slot = dialling.get(key)
      dialling.delete(key)
      if (slot !== undefined && peer !== undefined) uses.set(peer, { purpose: slot.purpose, origin: slot.origin })
    },
    useOf: peer => uses.get(peer),
    list (outbound, known) {
      for (const peer of uses.keys()) if (!outbound.has(peer)) uses.delete(peer)
      const slots: OutboundSlot[] = []
      for (const [peer, { remoteAddr }] of outbound) {
        // not dialled by us: an operator's `peers connect`, or a query of the DHT
        const use = uses.get(peer) ?? { purpose: 'full', origin: dialOrigin(known(peer)?.origins[0] ?? 'operator') }
        slots.push({ ...whereabouts(remoteAddr.toString()), ...use, peer, dialling: false })
      }
      return slots.concat(...dialling.values())
    },
    dump: () => ({ dialling: dialling.size, uses: uses.size })
  }
}
