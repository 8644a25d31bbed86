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

/** SECURITY L2: connections that never say a word, each from an address of its own, while honest peers dial. `meanwhile` runs while the node comes to rest. */
export async function silentConnections (long: boolean, meanwhile: () => Promise<Row[]>): Promise<Row[]> {
  const seconds = long ? SECONDS.long : SECONDS.short
  return await withTarget(async target => {
    const before = await target.rss()
    let opened = 0
    let honest = { succeeded: 0, worstMs: Infinity }
    const grown = await target.growth(async () => {
      honest = await whileHonestDials(target.address, DIALS, seconds * 1000, async () => { opened = await openSilently(target.address, seconds) })
    })
    // the other attacks do not concern this node: they pass the time until it has to have settled
    const end = performance.now()
    const others = await meanwhile()
    const left = await settle(target, before, SETTLE_MS - (performance.now() - end))
    const what = `L2, ${opened} silent connections in ${seconds} s`
    return [
      floorRow(`${what}: honest dials within 2 s`, honest.succeeded, `of ${DIALS}`, SUCCEED),
      plainRow(`${what}: slowest honest dial`, honest.worstMs, 'ms'),
      limitRow(`${what}: memory growth at its peak`, grown, 'MiB', GROWTH_MIB),
      limitRow(`${what}: memory above the start within 30 s of the end`, left, '%', LEFT_SHARE),
      plainRow(`${what}: the same once free pages are handed back`, 100 * (await target.compactRss() / before - 1), '%'),
      ...others
    ]
  }, { args: PUBLIC_NODE, warm })
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

/** Per cent of resident memory above `before`, looked at until it is low enough or time is up. */
async function settle (target: Target, before: number, ms: number): Promise<number> {
  const start = performance.now()
  for (;;) {
    const above = 100 * (await target.rss() / before - 1)
    if (above <= LEFT_SHARE || performance.now() - start >= ms) return above
    await delay(500)
  }
}
