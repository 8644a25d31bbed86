import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Entry points a protocol file may import, by the end of their name. */
const ENTRIES = { '.': 'index', './protocol': 'protocol/index', './wire': 'wire/index' } as const

/**
 * Makes `import 'tos-p2p'` work in `dir` when no such package can be found from there: a stub in its node_modules that points at this
 * very program. `npm install tos-p2p` replaces it. Returns the folder it made, or nothing.
 */
export function linkPackage (dir: string): string | undefined {
  if (isFound(dir)) return undefined
  const stub = join(dir, 'node_modules', 'tos-p2p')
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  mkdirSync(stub, { recursive: true })
  const exports: Record<string, { types: string, default: string }> = {}
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const file = entry.replace('/', '-')
    const url = new URL(`../${entry}${extension}`, import.meta.url)
    writeFileSync(join(stub, `${file}.js`), `export * from ${JSON.stringify(pathToFileURL(fileURLToPath(url)).href)}\n`)
    writeFileSync(join(stub, `${file}.d.ts`), `export * from ${JSON.stringify(fileURLToPath(url))}\n`)
    exports[name] = { types: `./${file}.d.ts`, default: `./${file}.js` }
  }
  writeFileSync(join(stub, 'package.json'), `${JSON.stringify({ name: 'tos-p2p', version: '0.0.0-linked', type: 'module', exports }, undefined, 2)}\n`)
  return stub
}

function isFound (dir: string): boolean {
  try {
    return existsSync(createRequire(join(dir, 'any.js')).resolve('tos-p2p'))
  } catch {
    // not to be found is the question here, not a failure
    return false
  }
}
