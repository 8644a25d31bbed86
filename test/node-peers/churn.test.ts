import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { RULES } from '../../src/peers/reputation/index.ts'
import type { Reason } from '../../src/peers/reputation/index.ts'
import type { ChurnReport } from '../support/churn-run.ts'

/** The acceptance run uses 600 s of twelve nodes; the suite uses less, to stay quick. */
const SECONDS = Number(process.env['TOS_TEST_CHURN_S'] ?? 12)
const NODES = Number(process.env['TOS_TEST_CHURN_NODES'] ?? (SECONDS < 60 ? 6 : 12))
const LEAST_PEERS = 3
/** Where an honest peer begins, and what broken connections may take off its score, thousandths: of its merit nothing. */
const START = 500
const MAX_TROUBLE = 100

const RUN = fileURLToPath(new URL('../support/churn-run.ts', import.meta.url))

test(`no honest peer is banned with 5 % loss and ${SECONDS} s of churn among ${NODES} nodes`, { timeout: SECONDS * 1000 + 180_000 }, async t => {
  // a process of its own: its end shows that the nodes left nothing behind, and one unhandled rejection ends it
  const child = spawn(process.execPath, [RUN, String(SECONDS), String(NODES)], { stdio: ['ignore', 'pipe', 'pipe'], signal: t.signal })
  // of a long run one wants to see how it goes
  if (SECONDS >= 60) child.stderr.pipe(process.stderr)
  const ended = once(child, 'exit')
  const [said, trouble] = await Promise.all([text(child.stdout), text(child.stderr)])
  assert.deepEqual(await ended, [0, null], trouble)
  const { bans, charges, died, height, incidents, lowestMerit, lowestScore, peers, refusals, sent, settledMs, slowestStopMs, stops, tips, warnings } = JSON.parse(said) as ChurnReport
  for (const [what, counts] of Object.entries({ incident: incidents, refusal: refusals, warning: warnings })) for (const [key, count] of Object.entries(counts).sort()) t.diagnostic(`${what}: ${count} × ${key}`)
  for (const [reason, { count, total }] of Object.entries(charges)) t.diagnostic(`charged: ${count} × ${reason}, ${total} thousandths in all`)
  t.diagnostic(`${stops} stops, ${died} dead connections, ${sent} transactions, height ${height}; settled after ${settledMs} ms; slowest stop ${slowestStopMs} ms; least merit ${lowestMerit}, least score ${lowestScore}`)

  assert.deepEqual(bans, [], 'nobody is banned')
  const offences = Object.keys(charges).filter(reason => ['quota', 'validity'].includes(RULES[reason as Reason].kind))
  assert.deepEqual(offences, [], 'no honest peer is charged for an offence')
  assert.equal(lowestMerit, START, 'nor loses merit')
  assert.ok(lowestScore > START - MAX_TROUBLE, `broken connections cost little: ${lowestScore}`)
  assert.equal(peers.length, NODES)
  assert.ok(Math.min(...peers) >= LEAST_PEERS, `every node has its peers: ${peers.join(' ')}`)
  assert.equal(new Set(tips).size, 1, 'all hold one tip')
  assert.ok(stops > 0 && height > 0 && sent > 0, 'there was something to hold')
})
