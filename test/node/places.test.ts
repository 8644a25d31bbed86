import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { MultiaddrConnection } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { baseFacts, fromObject, resolveConfig } from '../../src/config/index.ts'
import type { Config, PartialConfig } from '../../src/config/index.ts'
import { createNodeEvents } from '../../src/monitor/index.ts'
import { createNodeGuard, inboundQuotas } from '../../src/node/guard-parts.ts'
import { PREFIX_QUOTAS } from '../../src/peers/net/index.ts'
import { until } from '../support/until.ts'

const stops: Array<() => void | Promise<void>> = []
after(async () => { await Promise.all(stops.map(stop => stop())) })

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', mdns: false, bootstrap: [], ephemeral: true, ...options })
  stops.push(() => node.stop())
  return node
}
/** Dials nobody by itself, and cannot be dialled. */
const quiet = { min: 0, target: 0 } as const
const unreachable = { peers: quiet, listen: [] } as const
/** Resolves with the last words of whoever hangs up on `node`. */
const farewell = (node: TosNode): Promise<string | undefined> => new Promise(resolve => {
  node.tos.events.subscribe(event => { if (event.event === 'peer-disconnected') resolve(event.reason) })
})

test('when the inbound places are taken the least protected peer makes room; without one the newcomer hears why', { timeout: 30_000 }, async () => {
  const full = await start({ peers: { ...quiet, max: 3 } })
  const [first, second, third] = [await start(unreachable), await start(unreachable), await start(unreachable)] as const
  await first.dial(full.getMultiaddrs())
  await second.dial(full.getMultiaddrs())
  await until(() => full.getPeers().length === 2)
  const left = farewell(second)
  await third.dial(full.getMultiaddrs())
  assert.match(await left ?? '', /^tooManyPeers/)
  await until(() => full.getPeers().length === 2)
  assert.deepEqual(full.getPeers().map(String).sort(), [first, third].map(({ peerId }) => peerId.toString()).sort())

  const tiny = await start({ peers: { ...quiet, max: 1 } })
  await first.dial(tiny.getMultiaddrs())
  const refused = farewell(second)
  await second.dial(tiny.getMultiaddrs())
  assert.match(await refused ?? '', /^tooManyPeers/)
  assert.deepEqual(tiny.getPeers().map(String), [first.peerId.toString()], 'of one group one peer is protected')
})

test('a peer of another network is left alone for a day, though it says nothing itself', { timeout: 20_000 }, async () => {
  const other = await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()], services: { identify: identify() } })
  stops.push(() => other.stop())
  await other.handle('/tos/other-net/session/1.0.0', () => {})
  const node = await start({ peers: { static: other.getMultiaddrs().map(String) } })
  await until(() => node.tos.connector.queue().some(({ waitMs }) => waitMs >= 86_000_000))
})

function configOf (options: PartialConfig): Config {
  return resolveConfig([fromObject(options, 'test')], { facts: baseFacts() }).config
}

test('limits.maxInboundPerIp is the guard\'s quota per address; a whitelisted range has none, and keeps its bans', t => {
  assert.deepEqual(inboundQuotas('default', configOf({}).limits.maxInboundPerIp), PREFIX_QUOTAS.default)
  assert.deepEqual(inboundQuotas('tos-spec', configOf({ profile: 'tos-spec' }).limits.maxInboundPerIp), PREFIX_QUOTAS['tos-spec'])
  assert.deepEqual(inboundQuotas('default', 20).map(({ limit }) => limit), [20, 20, 20, 20], 'a range holds no fewer than one address')
  const dataDir = mkdtempSync(join(tmpdir(), 'tos-places-'))
  t.after(() => { rmSync(dataDir, { recursive: true, force: true }) })
  const config = configOf({ network: 'testnet', dataDir, limits: { maxInboundPerIp: 2 }, whitelist: ['198.51.100.0/24'] })
  const guard = createNodeGuard(config, createNodeEvents(), () => {})
  const denied = (ip: string): boolean => {
    const connection = Object.assign(new EventTarget(), { remoteAddr: multiaddr(`/ip4/${ip}/tcp/1000`), status: 'open' })
    return guard.gater.denyInboundConnection?.(connection as unknown as MultiaddrConnection) as boolean
  }
  assert.deepEqual([1, 2, 3].map(() => denied('203.0.113.7')), [false, false, true])
  assert.deepEqual([1, 2, 3, 4].map(() => denied('198.51.100.7')), [false, false, false, false])
  const peer = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
  guard.bans.add(peer)
  assert.equal(guard.isBanned(peer)?.by, 'operator')
})
