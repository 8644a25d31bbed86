import type { Row, Suite } from '../bench/harness.ts'
import { bookShares } from './peers/book-shares.ts'
import { dnsPoison } from './peers/dns-poison.ts'
import { exchangePoison } from './peers/exchange-poison.ts'
import { inboundEviction } from './peers/inbound-eviction.ts'
import { manyConnections } from './peers/many-connections.ts'
import { sharedAddress } from './peers/shared-address.ts'
import { silentConnections } from './peers/silent-connections.ts'
import { strangerTables } from './peers/stranger-tables.ts'
import { unaskedJunk } from './streams/junk-frames.ts'

type Attack = (long: boolean) => Row[] | Promise<Row[]>

/** The answers to a question of the node are in suite `streams`. */
const junkFrames: Attack = async () => await unaskedJunk('L1, ')

/** Crowds against one node: floods of connections over TCP, then lies and Sybils against the tables that choose its peers. */
export const suite: Suite = {
  name: 'peers',
  describe: 'crowds of connections against a tosd process; Sybils, liars and strangers against what chooses its peers',
  async run ({ long, log }) {
    const run = async (attacks: Readonly<Record<string, Attack>>): Promise<Row[]> => {
      const rows: Row[] = []
      for (const [name, attack] of Object.entries(attacks)) {
        log(name)
        rows.push(...await attack(long))
      }
      return rows
    }
    // the lies need no node: they are told while the flooded one comes to rest
    const lies = (): Promise<Row[]> => run({ inboundEviction, bookShares, exchangePoison, dnsPoison, sharedAddress, strangerTables })
    return await run({ junkFrames, manyConnections, silentConnections: async () => await silentConnections(long, lies) })
  }
}
