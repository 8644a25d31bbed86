import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Row } from '../../bench/harness.ts'
import type { Lie } from './lies.ts'
import type { Scale } from './scale.ts'

/**
 * Tells lies one after the other in a process of their own, because they compute without a pause and must not slow down the attack beside
 * them. Returns their rows; throws when it fails.
 */
export async function tellLies (scale: Scale, names: readonly Lie[]): Promise<Row[]> {
  const child = fork(new URL('lies-process.ts', import.meta.url), [scale, ...names])
  try {
    const rows: Row[] = []
    child.on('message', told => { rows.push(...told as Row[]) })
    const [code] = await once(child, 'exit') as [number | null]
    if (code !== 0) throw new Error(`the process of the lies ended with ${code ?? child.signalCode}`)
    return rows
  } finally {
    child.kill()
  }
}
