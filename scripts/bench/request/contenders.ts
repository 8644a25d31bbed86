import { startScript } from '../node/processes.ts'
import type { Child } from '../node/processes.ts'
import type { Batch } from './client.ts'

/** Asks with each contender in interleaved rounds; the rates in order of the rounds. */
export type MeasureRates<Name extends string> = (batch: Batch, rounds: number, progress: (round: number) => void) => Promise<Record<Name, number[]>>

/** Payloads compared, bytes. */
export const REQUEST_SIZES = [100, 1024] as const
/** Load before anything is measured, ms per contender and size: one at a time means few calls, and they must be compiled by then. */
const WARM_UP_MS = 600

/** Name of a row. */
export function requestTitle (size: number, inFlight: number): string {
  return `${size} B, ${inFlight === 1 ? 'one at a time' : `${inFlight} in flight`}`
}

/**
 * Two processes for each contender (`server.ts`, `client.ts`), so that what one leaves behind (garbage, closing streams) never falls on
 * another. All are warm before anything is measured.
 */
export async function withContenders<Name extends string, T> (names: readonly Name[], sizes: readonly number[], use: (measure: MeasureRates<Name>) => Promise<T>): Promise<T> {
  const children: Child[] = []
  const start = (script: string, args: readonly string[]): Child => {
    const child = startScript(script, args)
    children.push(child)
    return child
  }
  const clients = new Map<Name, Child>()
  const ask = async (name: Name, batch: Batch): Promise<number> => {
    const client = clients.get(name) as Child
    client.tell(JSON.stringify(batch))
    return Number(await client.line())
  }
  try {
    await Promise.all(names.map(async name => {
      const address = await start('../request/server.ts', [name]).line()
      const client = start('../request/client.ts', [name, address])
      await client.line()
      clients.set(name, client)
    }))
    for (const name of names) for (const size of sizes) await ask(name, { size, inFlight: 64, ms: WARM_UP_MS })
    return await use(async (batch, rounds, progress) => {
      const rates = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<Name, number[]>
      for (let round = 0; round < rounds; round++) {
        progress(round)
        // who goes first changes, so that nobody always follows the same neighbour
        for (let i = 0; i < names.length; i++) {
          const name = names[(i + round) % names.length] as Name
          rates[name].push(await ask(name, batch))
        }
      }
      return rates
    })
  } finally {
    await Promise.all(children.toReversed().map(child => child.end()))
  }
}
