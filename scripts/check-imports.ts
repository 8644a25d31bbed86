import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Folders in the order bytes travel: each may import only those above it (and itself). */
const ORDER = [
  'src/errors', 'src/wire', 'src/frame', 'src/secure', 'src/protocol', 'protocols', 'src/peers', 'src/discovery', 'src/gossip', 'src/chain', 'src/consensus',
  'src/routing', 'src/monitor', 'src/sim', 'src/config', 'src/node', 'src/cli'
]
/** What protocols may use of the kernel side: nothing but these. */
const PROTOCOLS_MAY = new Set(['src/wire', 'src/protocol', 'protocols'])
const roomOf = (file: string): string | undefined => ORDER.find(room => file.startsWith(`${room}/`))

const problems: string[] = []
for (const file of globSync('{src,protocols}/**/*.ts')) {
  const from = roomOf(file)
  if (from === undefined) continue
  for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const to = roomOf(relative('.', join(dirname(file), target as string)))
    const allowed = to !== undefined && (from === 'protocols' ? PROTOCOLS_MAY.has(to) : ORDER.indexOf(to) <= ORDER.indexOf(from))
    if (!allowed) problems.push(`${file}: imports ${target} (${to ?? 'outside the rooms'})`)
  }
}
for (const problem of problems) console.error(problem)
console.log(`${problems.length} imports against the order`)
process.exitCode = problems.length === 0 ? 0 : 1
