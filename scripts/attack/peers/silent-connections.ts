import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { floorRow, limitRow, plainRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import { withTarget } from '../streams/target.ts'
import type { Target } from '../streams/target.ts'
import { warmUp } from '../streams/warm-up.ts'
import { whileHonestDials } from './honest-dials.ts'
import { endpoint, loopback } from './loopback.ts'

const PER_SECOND = 250
const SECONDS = { short: 10, long: 60 } as const
const TICK_MS = 20
const DIALS = 20
const SUCCEED = 19
const GROWTH_MIB = 128
const SETTLE_MS = 30_000
const LEFT_SHARE = 10

/** A public network, where loopback addresses are strangers like any others: on a devnet no limit per address would apply to the attack. */
const PUBLIC_NODE = ['--network', 'testnet', '--dht-bootstrap', '', '--dns-seeds', ''] as const

/**
 * SECURITY L2: connections that never say a word, each from an address of its own, while honest peers dial. The daemon is as an operator
 * runs it. `meanwhile` runs while it comes to rest.
 */
export async function silentConnections (long: boolean, meanwhile: () => Promise<Row[]>): Promise<Row[]> {
  const seconds = long ? SECONDS.long : SECONDS.short
  return await withTarget(async target => {
    const before = await target.rss()
    let opened = 0
    let honest = { succeeded: 0, worstMs: Infinity }
    const grown = await target.growth(async () => {
      honest = await whileHonestDials(target.address, DIALS, seconds * 1000, async () => { opened = await openSilently(target.address, seconds) })
    })
    // nothing of the other attacks reaches this node: they pass the time it has, and take processor time from it
    const [left, others] = await Promise.all([settle(target, before, SETTLE_MS), meanwhile()])
    const what = `L2, ${opened.toLocaleString('en-US')} silent connections in ${seconds} s`
    return [
      floorRow(`${what}: honest dials within 2 s`, honest.succeeded, `of ${DIALS}`, SUCCEED),
      plainRow(`${what}: slowest honest dial`, honest.worstMs, 'ms'),
      limitRow(`${what}: memory growth at its peak`, grown, 'MiB', GROWTH_MIB),
      limitRow(`${what}: memory above the start (${before.toFixed(0)} MiB) within 30 s of the end`, left.above, '%', LEFT_SHARE),
      plainRow(`${what}: it came back after`, left.ms / 1000, 's'),
      ...others
    ]
  }, { args: PUBLIC_NODE, warm, untouched: true })
}

/** Honest connections and requests, so that what the attack costs is not the node's first use of its code. */
async function warm (address: string): Promise<void> {
  await warmUp(address, 'testnet')
  await whileHonestDials(address, DIALS, 0, async () => {})
}

/** Opens connections at an even pace and leaves closing to the node. Returns how many the system let through. */
async function openSilently (address: string, seconds: number): Promise<number> {
  const { host, port } = endpoint(address)
  const sockets = new Set<Socket>()
  let opened = 0
  const start = performance.now()
  try {
    for (let asked = 0; asked < seconds * PER_SECOND;) {
      for (const due = Math.min(seconds, (performance.now() - start) / 1000) * PER_SECOND; asked < due; asked++) {
        const socket = connect({ host, port, localAddress: loopback(asked) })
        sockets.add(socket)
        socket.on('connect', () => { opened++ })
        // refused, or reset by the node: both are what the attack is for
        socket.on('error', () => {})
        socket.on('close', () => { sockets.delete(socket) })
      }
      await delay(TICK_MS)
    }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  return opened
}

/** Per cent of resident memory above `before`, looked at until it is low enough or time is up, and how long that took. */
async function settle (target: Target, before: number, ms: number): Promise<{ above: number, ms: number }> {
  const start = performance.now()
  for (;;) {
    const above = 100 * (await target.rss() / before - 1)
    const passed = performance.now() - start
    if (above <= LEFT_SHARE || passed >= ms) return { above, ms: passed }
    await delay(500)
  }
}
