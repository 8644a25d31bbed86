import { lies } from './lies.ts'
import type { Lie } from './lies.ts'
import type { Scale } from './scale.ts'

/** Tells the lies it is started with, and their rows to its parent. */
const [scale, ...names] = process.argv.slice(2) as [Scale, ...Lie[]]
for (const name of names) process.send?.(await lies[name](scale))
process.disconnect()
