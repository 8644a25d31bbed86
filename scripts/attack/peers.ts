import type { Row, Suite } from '../bench/harness.ts'
import { manyConnections } from './peers/many-connections.ts'
import { silentConnections } from './peers/silent-connections.ts'
import { tellLies } from './peers/tell-lies.ts'
import { unaskedJunk } from './streams/junk-frames.ts'

/** Crowds against one node: floods of connections over TCP, then lies and Sybils against the tables that choose its peers. */
export const suite: Suite = {
  name: 'peers',
  describe: 'crowds of connections against a tosd process; Sybils, liars and strangers against what chooses its peers',
  async run ({ long, log }) {
    const scale = long ? 'long' : 'short'
    const beside = async (...all: ReadonlyArray<Promise<Row[]>>): Promise<Row[]> => (await Promise.all(all)).flat()
    // what answers to a question of the node cost is in suite `streams`
    log('L1, inbound eviction, address book, eclipse')
    const first = await beside(unaskedJunk('L1, '), tellLies(scale, ['inboundEviction', 'bookShares', 'eclipse', 'sybilAddresses']))
    // the flood has the machine to itself; while its node comes to rest the other attacks meet nodes of their own
    log('L2, then L3, exchange, DNS, DHT, NAT, tables')
    const second = await silentConnections(long, async () => await beside(manyConnections(long), tellLies(scale, ['exchangePoison', 'dnsPoison', 'dhtPoison', 'sharedAddress', 'strangerTables'])))
    return [...first, ...second]
  }
}
