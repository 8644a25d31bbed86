import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runTosd, startDaemon } from '../support/daemon.ts'
import type { Daemon } from '../support/daemon.ts'

/** The acceptance run uses 2,000 × 20; the suite uses less, to stay quick. */
const BLOCKS = Number(process.env['TOS_TEST_BLOCKS'] ?? 300)
const TRANSACTIONS = Number(process.env['TOS_TEST_TXS'] ?? 5)

const root = await mkdtemp(join(tmpdir(), 'tos-three-'))
const running: Daemon[] = []
const start = async (...args: Parameters<typeof startDaemon>): Promise<Daemon> => {
  const daemon = await startDaemon(...args)
  running.push(daemon)
  return daemon
}
after(async () => {
  await Promise.all(running.map(daemon => daemon.kill()))
  await rm(root, { recursive: true, force: true })
})

test('three processes hold one chain: import, sync from one address, kill -9 and resume, relay of blocks and transactions', { timeout: 280_000 }, async t => {
  const file = join(root, 'chain.tos')
  const say = (text: string): void => { t.diagnostic(text) }
  let began = performance.now()
  const lap = (what: string): void => { say(`${what}: ${Math.round(performance.now() - began)} ms`); began = performance.now() }

  await runTosd('chain', 'generate', '--network', 'devnet', '--blocks', String(BLOCKS), '--txs', String(TRANSACTIONS), '--out', file, '--json')
  lap(`generate ${BLOCKS} blocks of ${TRANSACTIONS} transactions`)
  const a = await start(join(root, 'a'))
  began = performance.now()
  await a.ask('chain', 'import', file)
  lap('A imports')
  const { hash: wanted, height } = await a.tip()
  assert.equal(height, BLOCKS)

  // B knows A, C knows only B
  let b = await start(join(root, 'b'), { bootstrap: a.ready.addrs })
  const c = await start(join(root, 'c'), { bootstrap: b.ready.addrs })
  began = performance.now()
  await b.until(tip => tip.height >= Math.floor(BLOCKS / 4))
  await b.kill()
  b = await start(join(root, 'b'), { bootstrap: a.ready.addrs, args: ['--listen', b.ready.addrs[0]?.replace(/\/p2p\/.*/, '') as string] })
  const resumed = await b.tip()
  say(`B killed in its sync and restarted at height ${resumed.height}`)
  assert.ok(resumed.height > 0, 'what was synced before the kill is kept')
  await Promise.all([b.until(tip => tip.hash === wanted), c.until(tip => tip.hash === wanted)])
  lap('B and C hold the tip of A')

  await a.ask('block', 'mine', '10')
  const mined = await a.tip()
  lap('A mines ten more')
  await Promise.all([b, c].map(daemon => daemon.until(tip => tip.height >= mined.height, 5000)))
  lap('B and C follow')

  const [sent] = await c.ask('tx', 'send', '--fee', '10', 'hello') as [{ id: string }]
  await mineUntilInBlock(sent.id)
  const { height: last } = await a.tip()
  await Promise.all([b, c].map(daemon => daemon.until(tip => tip.height >= last, 5000)))
  for (const daemon of [a, b, c]) assert.ok(await inBlock(daemon, sent.id), 'the transaction is in a block on every node')
  lap('a transaction sent at C is in a block on every node')
  for (const daemon of [a, b, c]) assert.equal(await daemon.stop(), 0, 'a graceful stop ends with 0')

  async function inBlock (daemon: Daemon, id: string): Promise<boolean> {
    const found = await daemon.ask('tx', 'get', id).catch(() => []) as Array<{ block?: { height: number } }>
    return found[0]?.block !== undefined
  }

  // the announcement may still be on its way when a block is made
  async function mineUntilInBlock (id: string): Promise<void> {
    for (let tries = 0; tries < 20; tries++) {
      await a.ask('block', 'mine')
      if (await inBlock(a, id)) return
    }
    assert.fail(`transaction ${id} is in no block`)
  }
})
