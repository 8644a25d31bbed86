#!/usr/bin/env node
// Plain JavaScript for any Node: runs the program on this one when it is new enough, else on the Node that `npm ci` installed.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
// as a whole: an old Node lacks some of its names, and must get as far as saying so
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LEAST = [24, 17]
const root = dirname(dirname(fileURLToPath(import.meta.url)))

function isNewEnough (version) {
  const [major, minor] = version.split('.').map(Number)
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])
}

function findPinned () {
  try {
    const manifest = nodeModule.createRequire(join(root, 'package.json')).resolve('node/package.json')
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    // one that is too old itself would start us again for ever
    return existsSync(path) && isNewEnough(JSON.parse(readFileSync(manifest, 'utf8')).version) ? path : undefined
  } catch {
    return undefined
  }
}

function runOn (node) {
  const child = spawn(node, [process.argv[1], ...process.argv.slice(2)], { stdio: 'inherit' })
  // a terminal signals the whole group; what only we are sent is passed on
  const forward = signal => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
  child.on('error', error => fail(`cannot start ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward)
    if (signal === null) process.exitCode = code ?? 1
    else process.kill(process.pid, signal)
  })
}

function fail (text) {
  process.stderr.write(`error: ${text}\n`)
  process.exitCode = 1
}

if (isNewEnough(process.versions.node)) {
  nodeModule.enableCompileCache?.()
  const built = join(root, 'dist', 'src', 'cli', 'main.js')
  const source = join(root, 'src', 'cli', 'main.ts')
  // in a checkout a stale build must not shadow the sources; an installed package can only run its build
  await import(existsSync(source) && !root.includes('node_modules') ? source : built)
} else {
  const pinned = findPinned()
  if (pinned === undefined) fail(`tosd needs Node ${LEAST.join('.')} or newer, this is ${process.versions.node}; run "npm ci" beside package.json, or install a newer Node`)
  else runOn(pinned)
}
