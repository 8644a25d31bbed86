import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createReferenceLedger } from '../../src/chain/index.ts'
import type { Ledger } from '../../src/chain/index.ts'
import { createTosNode } from '../../src/node/index.ts'
import type { TosNode } from '../../src/node/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { forgingLedger } from '../support/forging-ledger.ts'
import { blockOn, pay, signer } from '../support/ledger-blocks.ts'
import { openPage } from './chromium/browser.ts'
import type { Page } from './chromium/page.ts'
import { isHere } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'

const network = 'devnet'
const BLOCKS = 100
/** Mined before the page comes; the others while it follows. */
const FIRST = 60

void test('a page in Chromium follows 100 mined blocks over web sockets, and refuses a forged proof', { timeout: 120_000 }, async context => {
  if (!await isHere(context, 'chromium', [])) return
  const ledgers: Ledger[] = []
  const nodes: TosNode[] = []
  const folder = mkdtempSync(join(tmpdir(), 'tos-page-'))
  context.after(async () => {
    await Promise.all(nodes.map(node => node.stop()))
    await Promise.all(ledgers.map(ledger => ledger.close()))
    rmSync(folder, { recursive: true, force: true })
  })
  // one honest, one that forges, all holding the same blocks
  const start = async (bend: (ledger: Ledger) => Ledger): Promise<TosNode> => {
    const ledger = await createReferenceLedger({ network })
    ledgers.push(ledger)
    const node = await createTosNode({ ephemeral: true, network, mdns: false, bootstrap: [], listen: ['/ip4/127.0.0.1/tcp/0/ws'], ledger: bend(ledger) })
    nodes.push(node)
    return node
  }
  const [honest, liar] = [await start(ledger => ledger), await start(forgingLedger)]
  const payments = [0, 1, 2].map(nonce => pay(signer(1, network), nonce))
  const mine = async (upTo: number): Promise<void> => {
    for (let height = Number(honest.tos.ledger.tip().height) + 1; height <= upTo; height++) {
      const block = await blockOn([honest.tos.ledger.tip()], { network, transactions: height === 5 ? payments : [] })
      for (const ledger of ledgers) await ledger.add(block)
    }
  }
  await mine(FIRST)

  const { page } = await openPage(context)
  await page.evaluate(async hex => {
    const scope = globalThis as unknown as { startPage (genesis: string): Promise<Page>, tos: Page }
    scope.tos = await scope.startPage(hex)
  }, toHex(honest.tos.ledger.genesis))
  const call = async <K extends Exclude<keyof Page, 'peerId'>>(what: K, ...args: Parameters<Page[K]>): Promise<Awaited<ReturnType<Page[K]>>> => await page.evaluate(
    ([key, values]) => (globalThis as unknown as { tos: Record<string, (...all: unknown[]) => unknown> }).tos[key]?.(...values), [what, args] as const
  ) as Awaited<ReturnType<Page[K]>>

  for (const node of nodes) await call('dial', node.getMultiaddrs().map(String).find(text => text.includes('/ws/')) ?? '')
  const [good, bad] = [honest.peerId.toString(), liar.peerId.toString()]
  for (const peer of [good, bad]) await call('session', peer)
  await call('follow', [good, bad])
  await eventually(async () => { assert.equal((await call('followed')).height, FIRST) })
  await mine(BLOCKS)
  await eventually(async () => {
    const { height, tip, headers, agreeing, lies } = await call('followed')
    assert.deepEqual([height, tip, headers], [BLOCKS, toHex(honest.tos.ledger.tip().hash), BLOCKS + 1])
    assert.deepEqual([agreeing.toSorted(), lies], [[good, bad].toSorted(), []])
  })

  const id = toHex(honest.tos.ledger.readTransaction(payments[1] as Uint8Array).id)
  const proof = await call('prove', id)
  assert.deepEqual(proof, { height: 5, index: 1, confirmations: BLOCKS - 4, agreed: [good], liars: [bad], refused: undefined })
  const { lies, bytes, tip } = await call('followed')
  assert.equal(lies.length, 1)
  assert.match(lies[0] ?? '', new RegExp(`^PROOF_FORGED by ${bad}`))

  await call('show', [
    `light client: height ${BLOCKS}, ${bytes} bytes of headers`, `tip ${tip}`, `proven: ${id} in block ${proof.height}, ${proof.confirmations} confirmations`, `by ${good}`, `refused: ${lies[0] ?? ''}`
  ])
  const picture = join(folder, 'light.png')
  await page.screenshot({ path: picture })
  assert.ok(statSync(picture).size > 5000, 'the page shows what it found')
  if (process.env['TOS_TEST_SCREENSHOT'] !== undefined) await page.screenshot({ path: process.env['TOS_TEST_SCREENSHOT'] })
  await call('unfollow')
})
