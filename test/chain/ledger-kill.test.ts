import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createReferenceLedger } from '../../src/chain/index.ts'
import { EASY } from '../support/ledger-blocks.ts'

const WRITER = fileURLToPath(new URL('../support/ledger-writer.ts', import.meta.url))

/** Lets a child write until it has acknowledged `acks` more blocks, kills it, and returns the last number it named. */
async function writeAndKill (location: string, acks: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, location], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let last = 0
  let seen = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    // what still stands in the pipe was acknowledged too
    if (++seen === acks) child.kill('SIGKILL')
  }
  const [code, signal] = await exited
  assert.deepEqual([code, signal], [null, 'SIGKILL'])
  return last
}

test('kill -9 while adding: every acknowledged block is there, nothing is torn, and the next process goes on', { timeout: 120_000 }, async () => {
  const location = await mkdtemp(join(tmpdir(), 'tos-kill-'))
  try {
    for (const acks of [2, 40, 7]) {
      const last = await writeAndKill(location, acks)
      const ledger = await createReferenceLedger({ ...EASY, location })
      assert.equal(ledger.recovered, undefined)
      const held = ledger.dump().blocks as number - 1
      assert.ok(held >= last, `${last} acknowledged, ${held} held`)
      assert.ok(held <= last + 1, `${held} held, only one more than ${last} can be under way`)
      assert.ok(await ledger.block(ledger.tip().hash))
      await ledger.close()
    }
  } finally {
    await rm(location, { recursive: true, force: true })
  }
})
