import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createReferenceLedger, createSync, systemClock } from '../../../src/chain/index.ts'
import type { Ledger } from '../../../src/chain/index.ts'
import { wireNode } from '../transport/nodes.ts'
import { CHAIN } from './chain-bytes.ts'
import { syncNode } from './nodes.ts'
import { createTrustingLedger } from './trusting-ledger.ts'

/** What the parent asks, one JSON line each. */
export interface ClientOrder {
  readonly what: 'stock' | 'trust' | 'verify'
  /** How many of the peers to use. */
  readonly peers: number
  /** Height to reach, or bytes of the stock transfer. */
  readonly until: number
}
/** What it answers. */
export interface ClientResult { readonly seconds: number, readonly cpuSeconds: number, readonly rssBytes: number, readonly failures: number }

/** The node that syncs: does what the lines on its standard input say, and prints one result for each. */
const servers = JSON.parse(process.argv[2] as string) as Array<{ sealed: string, stock: string }>
const node = await syncNode({ blocks: () => ({ status: 1, blocks: [], notFound: [], hasMore: false }) })
const stock = await wireNode('stock')
const plain = await stock.dial(multiaddr((servers[0] as { stock: string }).stock))
const connections = await Promise.all(servers.map(async ({ sealed }) => node.dial(multiaddr(sealed))))

async function bare (connection: Connection, bytes: number): Promise<void> {
  const stream = await connection.newStream('/bench/source')
  let seen = 0
  await new Promise<void>((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => { if ((seen += data.byteLength) >= bytes) resolve() })
    stream.addEventListener('close', ({ error }) => { if (seen < bytes) reject(error ?? new Error('closed early')) }, { once: true })
  })
  await stream.close()
}

async function follow (ledger: Ledger, { peers, until }: ClientOrder): Promise<number> {
  const reached = Promise.withResolvers<void>()
  const sync = createSync({
    ledger, clock: systemClock, onError: reached.reject,
    client: { request: async (peer, question, options) => node.services.blocks.request(peerIdFromString(peer), question, options) },
    onPeerFailed: (peer, error) => { process.stderr.write(`sync: ${peer} ${error.code} ${error.message}\n`) },
    onProgress: ({ height }) => { if (Number(height) >= until) reached.resolve() }
  })
  sync.start()
  for (const { remotePeer } of connections.slice(0, peers)) sync.addPeer(remotePeer.toString())
  await reached.promise
  await sync.stop()
  return sync.dump()['failures'] as number
}

async function obey (order: ClientOrder): Promise<ClientResult> {
  const location = order.what === 'verify' ? await mkdtemp(join(tmpdir(), 'tos-bench-sync-')) : undefined
  const ledger = location === undefined ? createTrustingLedger({ ...CHAIN, forget: true }) : await createReferenceLedger({ ...CHAIN, location })
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peak = before
  const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 20)
  try {
    const cpu = process.cpuUsage()
    const start = performance.now()
    let failures = 0
    if (order.what === 'stock') await bare(plain, order.until)
    else failures = await follow(ledger, order)
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    return { seconds, cpuSeconds: (user + system) / 1e6, rssBytes: Math.max(peak, process.memoryUsage.rss()) - before, failures }
  } finally {
    clearInterval(watch)
    await ledger.close()
    if (location !== undefined) await rm(location, { recursive: true, force: true })
  }
}

for await (const line of createInterface(process.stdin)) process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line) as ClientOrder))}\n`)
await Promise.all([node.stop(), stock.stop()])
