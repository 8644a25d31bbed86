import { peerIdFromString } from '@libp2p/peer-id'
import type { KadDHT } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'
import { base64, bytes, number, peerOf, text } from './control-peer.ts'
import type { Commands } from './control-peer.ts'

const QUERY_MS = 20_000

/** dht-put, dht-get, dht-provide, dht-findprovs, dht-findpeer, dht-table. Keys of records are raw bytes, cids are text. */
export function dhtCommands (dht: KadDHT): Commands {
  const signal = (): AbortSignal => AbortSignal.timeout(QUERY_MS)
  return {
    async 'dht-put' (args) {
      let stored = 0
      const errors: string[] = []
      for await (const event of dht.put(bytes(args, 'key'), bytes(args, 'value'), { signal: signal() })) {
        // the library ends quietly when a peer refuses the record
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored++
        if (event.name === 'QUERY_ERROR') errors.push(event.error.message)
      }
      if (stored === 0) throw new Error(`no peer took the record: ${errors.join('; ')}`)
      return { stored }
    },
    async 'dht-get' (args) {
      for await (const event of dht.get(bytes(args, 'key'), { signal: signal() })) {
        if (event.name === 'VALUE') return { value: base64(event.value) }
      }
      throw new Error('not found')
    },
    async 'dht-provide' (args) {
      let told = 0
      for await (const event of dht.provide(CID.parse(text(args, 'cid')), { signal: signal() })) {
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') told++
      }
      return { told }
    },
    async 'dht-findprovs' (args) {
      const peers = new Set<string>()
      const wanted = number(args, 'count', 1)
      for await (const event of dht.findProviders(CID.parse(text(args, 'cid')), { signal: signal() })) {
        if (event.name === 'PROVIDER') for (const { id } of event.providers) peers.add(id.toString())
        if (peers.size >= wanted) break
      }
      return { peers: [...peers] }
    },
    async 'dht-findpeer' (args) {
      for await (const event of dht.findPeer(peerOf(args), { signal: signal() })) {
        if (event.name === 'FINAL_PEER') return { addrs: event.peer.multiaddrs.map(String) }
      }
      throw new Error('not found')
    },
    async 'dht-table' () {
      const peers: string[] = []
      // the closest to a key of nobody's, up to the library's K: on a small network that is all of them
      for await (const event of dht.getClosestPeers(new Uint8Array(32), { signal: signal() })) {
        if (event.name === 'FINAL_PEER') peers.push(event.peer.id.toString())
      }
      return { peers: peers.map(peer => peerIdFromString(peer).toString()) }
    }
  }
}
