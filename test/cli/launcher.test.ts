import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, test } from 'node:test'
import { VERSION } from '../../src/config/index.ts'
import { scratch } from './run.ts'

const { dir, remove } = scratch('launcher')
after(remove)
const launcher = fileURLToPath(new URL('../../scripts/tosd.mjs', import.meta.url))
const asOldNode = ['--import', 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.0"})']

test('an old Node hands over to the installed one: output and exit code come through', () => {
  const version = spawnSync(process.execPath, [...asOldNode, launcher, '--version'], { encoding: 'utf8' })
  assert.deepEqual([version.status, version.stdout], [0, `${VERSION}\n`])
  assert.equal(spawnSync(process.execPath, [...asOldNode, launcher, 'nonsense']).status, 2)
})

test('without an installed Node, or with one that is too old as well, it says what is needed', () => {
  mkdirSync(join(dir, 'scripts'))
  copyFileSync(launcher, join(dir, 'scripts', 'tosd.mjs'))
  writeFileSync(join(dir, 'package.json'), '{}')
  const installed = join(dir, 'node_modules', 'node')
  mkdirSync(join(installed, 'bin'), { recursive: true })
  for (const version of ['24.21.0', '22.1.0']) {
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ name: 'node', version }))
    const { status, stderr } = spawnSync(process.execPath, [...asOldNode, join(dir, 'scripts', 'tosd.mjs')], { encoding: 'utf8' })
    assert.equal(status, 1)
    assert.match(stderr, /^error: tosd needs Node 24\.17 or newer, this is 20\.1\.0; run "npm ci"[^\n]*\n$/)
    // first the binary is missing, then it is there and too old
    writeFileSync(join(installed, 'bin', 'node'), '#!/bin/sh\necho started', { mode: 0o755 })
  }
})

test('a signal to the launcher reaches the program', async () => {
  // decode would wait for more: standard input stays open
  const child = spawn(process.execPath, [...asOldNode, launcher, 'frame', 'decode', '-', '--json'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.write('00\n')
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'close'), [143, null])
})
