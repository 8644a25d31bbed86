import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface'
import { floorRow, plainRow } from '../harness.ts'
import type { Row, RunContext } from '../harness.ts'
import { median } from '../measure.ts'
import { exchangeInMemory } from './handshake-crypto.ts'
import { sessionNode, stockIdentifyNode } from './nodes.ts'
import type { SessionNode } from './nodes.ts'

/** Least per second of processor time, both ends together. */
const GOAL = { handshakes: 250, connects: 70 } as const
/** Connections that exchange keys at the same time, so that the process never waits for a socket. */
const LANES = 4
/** Exchanges on a connection of its own per lane and round: below the 255 that one connection can have. */
const EXCHANGES = { short: 30, long: 200 } as const
const CONNECTS = { short: 4, long: 40 } as const
/** Rounds' worth of work before the first: the whole path through libp2p is slow until it is compiled. */
const WARM_UP = 3

/** Both ends of all lanes: the diallers each have a key of their own, since libp2p joins dials to one peer. */
interface Rig {
  readonly diallers: readonly SessionNode[]
  readonly listener: SessionNode
  /** Two nodes as libp2p's documentation sets them up, without sessions: how fast the machine is at the moment. */
  readonly stock: readonly [Libp2p, Libp2p]
  /** Resolves at the next session, or fresh keys, of this connection at our end. */
  readonly next: (connection: Connection) => Promise<void>
}

/** Completed pieces of work per second. */
interface Rate { readonly cpu: number, readonly wall: number }

/**
 * Session handshakes on standing connections, and whole connections with identify and session; both ends in this process, real TCP on
 * loopback. The goals hold per second of processor time: what other programs take from the machine meanwhile is not counted.
 */
export async function handshakeRows ({ long, log }: RunContext): Promise<Row[]> {
  const rig = await createRig()
  try {
    const rounds = long ? 15 : 5
    const [exchanges, connects] = long ? [EXCHANGES.long, CONNECTS.long] : [EXCHANGES.short, CONNECTS.short]
    const rates: { handshakes: Rate[], connects: Rate[], crypto: Rate[], stock: Rate[] } = { handshakes: [], connects: [], crypto: [], stock: [] }
    const exchange = exchangeInMemory()
    // round 0 warms up
    for (let round = 0; round <= rounds; round++) {
      log(`handshakes, round ${round}/${rounds}`)
      const times = round === 0 ? WARM_UP : 1
      const handshake = await exchangeRate(rig, Math.min(250, exchanges * times))
      const connect = await connectRate(rig, connects * times)
      const stock = await stockConnectRate(rig.stock, connects * times)
      const bare = await timed(exchanges, async () => { for (let i = 0; i < exchanges; i++) exchange() })
      if (round === 0) continue
      rates.handshakes.push(handshake)
      rates.connects.push(connect)
      rates.crypto.push(bare)
      rates.stock.push(stock)
    }
    return [
      ...rowsOf('session handshakes, both ends in one process', rates.handshakes, GOAL.handshakes),
      plainRow('  session handshakes, their cryptography alone', Math.round(median(rates.crypto.map(({ cpu }) => cpu))), '1/CPU s'),
      ...rowsOf('connect + identify + session', rates.connects, GOAL.connects),
      plainRow('  connect + identify alone, stock js-libp2p', Math.round(median(rates.stock.map(({ cpu }) => cpu))), '1/CPU s')
    ]
  } finally {
    await Promise.all([...rig.diallers, rig.listener, ...rig.stock].map(node => node.stop()))
  }
}

function rowsOf (name: string, rates: readonly Rate[], goal: number): Row[] {
  return [
    floorRow(name, Math.round(median(rates.map(({ cpu }) => cpu))), '1/CPU s', goal),
    plainRow(`  ${name}, by the clock`, Math.round(median(rates.map(({ wall }) => wall))), '1/s')
  ]
}

async function createRig (): Promise<Rig> {
  const waiting = new Map<Connection, () => void>()
  const told = (connection: Connection): void => {
    waiting.get(connection)?.()
    waiting.delete(connection)
  }
  const listener = await sessionNode()
  const diallers = await Promise.all(Array.from({ length: LANES }, async () => sessionNode(told)))
  const stock = [await stockIdentifyNode(), await stockIdentifyNode()] as const
  return { diallers, listener, stock, next: async connection => new Promise(resolve => { waiting.set(connection, resolve) }) }
}

/** Fresh keys, one exchange after the other on each lane's connection. Dialling it is not measured. */
async function exchangeRate ({ diallers, listener, next }: Rig, each: number): Promise<Rate> {
  const lanes = await Promise.all(diallers.map(async dialler => {
    const connection = await dialler.dial(listener.getMultiaddrs())
    await dialler.services.session.ready(connection)
    return { session: dialler.services.session, connection }
  }))
  const rate = await timed(LANES * each, async () => {
    await Promise.all(lanes.map(async ({ session, connection }) => {
      for (let i = 0; i < each; i++) {
        // the dialler has them once the listener has confirmed: then both ends are done
        const fresh = next(connection)
        session.rekey(connection)
        await fresh
      }
    }))
  })
  await Promise.all(lanes.map(async ({ connection }) => connection.close()))
  return rate
}

/** Dial, identify on both ends, close: what libp2p alone takes. */
async function stockConnectRate ([dialler, listener]: Rig['stock'], count: number): Promise<Rate> {
  return timed(count, async () => {
    for (let i = 0; i < count; i++) {
      const both = Promise.all([identified(listener, () => true), identified(dialler, () => true)])
      const connection = await dialler.dial(listener.getMultiaddrs())
      const [{ connection: other }] = await both
      const gone = closed(other)
      await connection.close()
      await gone
    }
  })
}

/** Dial, identify on both ends, session on both ends, close. */
async function connectRate ({ diallers, listener }: Rig, each: number): Promise<Rate> {
  return timed(LANES * each, async () => {
    await Promise.all(diallers.map(async dialler => {
      for (let i = 0; i < each; i++) {
        const us = dialler.peerId.toString()
        const theirs = identified(listener, ({ peerId }) => peerId.toString() === us)
        const ours = identified(dialler, () => true)
        const connection = await dialler.dial(listener.getMultiaddrs())
        const other = (await theirs).connection
        await Promise.all([ours, dialler.services.session.ready(connection), listener.services.session.ready(other)])
        const gone = closed(other)
        await connection.close()
        await gone
      }
    }))
  })
}

async function identified (node: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>, wanted: (result: IdentifyResult) => boolean): Promise<IdentifyResult> {
  return new Promise(resolve => {
    const listen = ({ detail }: CustomEvent<IdentifyResult>): void => {
      if (!wanted(detail)) return
      node.removeEventListener('peer:identify', listen)
      resolve(detail)
    }
    node.addEventListener('peer:identify', listen)
  })
}

async function closed (connection: Connection): Promise<void> {
  if (connection.status === 'closed') return
  await new Promise<void>(resolve => { connection.addEventListener('close', () => { resolve() }, { once: true }) })
}

async function timed (count: number, work: () => Promise<void>): Promise<Rate> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { cpu: count / ((user + system) / 1e6), wall: count / seconds }
}
