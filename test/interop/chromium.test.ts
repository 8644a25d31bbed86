import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import { toHex } from '../../src/wire/index.ts'
import { blockOn, pay, signer } from '../support/ledger-blocks.ts'
import { openPage } from './chromium/browser.ts'
import type { Page } from './chromium/page.ts'
import { cell, isHere, skipCell } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import { recorder } from './harness/report.ts'
import { startOwnNode } from './tosd/own-node.ts'

const TOPIC = '/interop/page/1'
const TRANSACTIONS = 5
const name = (scenario: string, direction = 'chromium → tosd'): CellName => ({ peer: 'chromium', scenario, direction })
const ROUTES = [{ scenario: '3 ws', route: /\/ws\/p2p\//, security: /noise .*yamux/ }, { scenario: '5 webrtc-direct', route: /\/webrtc-direct\/certhash\//, security: /./ }] as const
const GOSSIP = [name('8 gossip: a page'), name('8 gossip: a page', 'tosd → chromium')] as const
const LIGHT = [name('light client: sealed session, PING'), name('light client: sealed session, PING', 'tosd → chromium'), name('light client: Merkle proofs')] as const

/** The page's functions, each a call across. */
type Calls = <K extends Exclude<keyof Page, 'peerId'>>(what: K, ...args: Parameters<Page[K]>) => Promise<Awaited<ReturnType<Page[K]>>>

async function startPage (context: TestContext, genesis: Uint8Array): Promise<{ readonly peerId: string, readonly call: Calls }> {
  const { page, version } = await openPage(context)
  recorder.peer('chromium', { chromium: version })
  const peerId = await page.evaluate(async hex => {
    const scope = globalThis as unknown as { startPage (genesis: string): Promise<Page>, tos: Page }
    scope.tos = await scope.startPage(hex)
    return scope.tos.peerId
  }, toHex(genesis))
  const call = (what: string, ...args: unknown[]): Promise<unknown> => page.evaluate(
    ([key, values]) => (globalThis as unknown as { tos: Record<string, (...all: unknown[]) => unknown> }).tos[key]?.(...values), [what, args] as const
  )
  return { peerId, call: call as Calls }
}

void test('a page in Chromium: stock js-libp2p and our browser entry', { timeout: 120_000 }, async context => {
  const cells = [...ROUTES.map(({ scenario }) => name(scenario)), ...GOSSIP, ...LIGHT]
  if (!await isHere(context, 'chromium', cells)) return
  for (const { scenario } of ROUTES) await skipCell(context, name(scenario, 'tosd → chromium'), { reason: 'a page cannot listen', upstream: 'https://github.com/libp2p/specs/blob/master/webrtc/webrtc.md' })

  const node = await startOwnNode(context, { listen: ['/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/udp/0/webrtc-direct'], transports: ['ws', 'webrtc-direct'], security: ['noise'] }, { topic: [TOPIC], plain: false })
  const us = node.peerId.toString()
  const agents = new Map<string, string | undefined>()
  node.addEventListener('peer:identify', ({ detail: { connection, agentVersion } }) => { agents.set(connection.id, agentVersion) })
  const { ledger } = node.tos
  const transactions = Array.from({ length: TRANSACTIONS }, (_, i) => pay(signer(i, 'devnet'), 0))
  const block = await blockOn([ledger.tip()], { network: 'devnet', transactions })
  await ledger.add(block)
  const { peerId, call } = await startPage(context, ledger.genesis)
  const page = peerIdFromString(peerId)

  // the last connection stays, for what follows
  for (const { scenario, route, security } of [...ROUTES].toReversed()) {
    await cell(context, name(scenario), async () => {
      await call('hangUp', us)
      const address = node.getMultiaddrs().map(String).find(text => route.test(text))
      assert.ok(address, node.getMultiaddrs().join(' '))
      const made = await call('dial', address)
      assert.match(`${made.encryption} ${made.multiplexer}`, security)
      await eventually(async () => {
        const seen = await call('identified', us)
        assert.match(seen?.agent ?? '', /tos/)
        assert.ok(seen?.signed, 'our addresses are signed')
      })
      assert.ok(await call('ping', us) >= 0)
      const [connection] = node.getConnections(page)
      assert.ok(connection)
      await eventually(() => {
        assert.match(agents.get(connection.id) ?? '', /Chrome/)
        return Promise.resolve()
      })
      assert.ok(await node.services.ping.ping(page) >= 0)
    })
  }

  await cell(context, GOSSIP[0], async () => {
    const heard = Promise.withResolvers<{ readonly data: Uint8Array, readonly peer: string }>()
    context.after(node.services.topics.listen(heard.resolve))
    await call('subscribe', TOPIC)
    await eventually(async () => { assert.ok((await call('subscribers', TOPIC)).includes(us)) })
    assert.equal(await call('publish', TOPIC, 'c0ffee'), 1)
    const { data, peer } = await heard.promise
    assert.deepEqual([toHex(data), peer], ['c0ffee', peerId])
  })
  await cell(context, GOSSIP[1], async () => {
    await eventually(() => {
      assert.ok(node.services.pubsub.getSubscribers(TOPIC).some(subscriber => subscriber.equals(page)))
      return Promise.resolve()
    })
    await node.services.topics.publish(TOPIC, Uint8Array.of(0xbe, 0xef))
    await eventually(async () => { assert.deepEqual(await call('messages'), [{ topic: TOPIC, data: 'beef' }]) })
  })

  await cell(context, LIGHT[0], async () => {
    const { role, suite, tip } = await call('session', us)
    assert.deepEqual([role, suite, tip], ['dialler', 'X25519MLKEM768-Ed25519-ChaCha20Poly1305', [toHex(block.hash)]])
    const answered = await call('tosPing', us)
    assert.ok(Math.abs(answered - Date.now() / 1000) < 60)
  })
  await cell(context, LIGHT[1], async () => {
    assert.equal(node.services.session.of(page)?.hello.userAgent, 'page/1')
    const { timestamp } = await node.services.tosPing.request(page, { userAgent: 'test/1', services: 0n, timestamp: 1n })
    assert.ok(timestamp > 0n)
  })
  await cell(context, LIGHT[2], async () => {
    const found = await Promise.all(transactions.map(async data => toHex((ledger.checkTransaction(data)).id)))
    assert.deepEqual(await call('verifyTransactions', us, toHex(block.hash), found), { height: block.height.toString(), proven: TRANSACTIONS, forged: 0 })
  })
})
