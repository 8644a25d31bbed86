import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDataDir, readVersion } from '../../src/node/data-dir.ts'

const dir = mkdtempSync(join(tmpdir(), 'tos-data-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const opener = (path: string): string => `const { openDataDir } = await import(${JSON.stringify(new URL('../../src/node/data-dir.ts', import.meta.url).href)}); openDataDir(${JSON.stringify(path)}, { network: 'devnet' });`
/** A program that loads what it needs, says so, is told the moment to begin, and stays until its input ends. */
const simultaneously = (code: string): string => `
  const { openDataDir } = await import(${JSON.stringify(new URL('../../src/node/data-dir.ts', import.meta.url).href)})
  process.stdin.on('end', () => process.exit())
  console.log('ready')
  const moment = await new Promise(resolve => process.stdin.once('data', data => resolve(Number(data))))
  while (Date.now() < moment);
  ${code}`

test('a fresh directory is private, remembers its network, and opens again', () => {
  const path = join(dir, 'fresh', 'deep')
  const first = openDataDir(path, { network: 'devnet' })
  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.deepEqual(readVersion(path), { layout: 1, network: 'devnet' })
  first.close()
  assert.ok(!existsSync(join(path, 'lock')))
  openDataDir(path, { network: 'devnet' }).close()
  assert.equal(readVersion(join(dir, 'absent')), undefined)
})

test('what was put there before the first start does not make it foreign', () => {
  const path = join(dir, 'prepared')
  mkdirSync(path)
  writeFileSync(join(path, 'tosd.toml'), '')
  openDataDir(path, { network: 'devnet' }).close()
})

test('damaged, foreign, newer and unreadable directories are refused with their code', () => {
  const rows: Array<[name: string, prepare: (path: string) => void, code: string]> = [
    ['strange', path => { mkdirSync(path); writeFileSync(join(path, 'thesis.doc'), 'x') }, 'DATA_DIR_FOREIGN'],
    ['network', path => openDataDir(path, { network: 'testnet' }).close(), 'DATA_DIR_FOREIGN'],
    ['damaged', path => { mkdirSync(path); writeFileSync(join(path, 'version.json'), '{"lay') }, 'DATA_DIR_FOREIGN'],
    ['other', path => { mkdirSync(path); writeFileSync(join(path, 'version.json'), '[]') }, 'DATA_DIR_FOREIGN'],
    ['newer', path => { mkdirSync(path); writeFileSync(join(path, 'version.json'), '{"layout":2,"network":"devnet"}') }, 'DATA_DIR_NEWER'],
    ['file', path => writeFileSync(path, ''), 'DATA_DIR_UNREADABLE']
  ]
  for (const [name, prepare, code] of rows) {
    const path = join(dir, name)
    prepare(path)
    assert.throws(() => openDataDir(path, { network: 'devnet' }), { code }, name)
  }
  assert.equal(readFileSync(join(dir, 'strange', 'thesis.doc'), 'utf8'), 'x')
})

test('a living process keeps the lock; the lock of a killed one is taken over', async () => {
  const path = join(dir, 'locked')
  const holder = spawn(process.execPath, ['--input-type=module', '-e', `${opener(path)} console.log('held'); setInterval(() => {}, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  assert.throws(() => openDataDir(path, { network: 'devnet' }), { code: 'DATA_DIR_LOCKED', message: new RegExp(String(holder.pid)) })
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  assert.ok(existsSync(join(path, 'lock')))
  openDataDir(path, { network: 'devnet' }).close()
})

test('a lock whose pid now belongs to another process is stale', () => {
  const path = join(dir, 'reused')
  openDataDir(path, { network: 'devnet' }).close()
  writeFileSync(join(path, 'lock'), JSON.stringify({ pid: process.ppid, started: '1' }))
  openDataDir(path, { network: 'devnet' }).close()
  writeFileSync(join(path, 'lock'), 'garbage')
  openDataDir(path, { network: 'devnet' }).close()
})

test('the same process cannot open a directory twice', () => {
  const path = join(dir, 'twice')
  const first = openDataDir(path, { network: 'devnet' })
  assert.throws(() => openDataDir(path, { network: 'devnet' }), { code: 'DATA_DIR_LOCKED' })
  first.close()
})

test('of many that find a stale lock at once exactly one wins', async () => {
  const path = join(dir, 'race')
  spawnSync(process.execPath, ['--input-type=module', '-e', `${opener(path)} process.kill(process.pid, 'SIGKILL')`])
  const takers = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', `process.stdin.once('data', () => process.exit()); try { ${opener(path)} console.log('won') } catch (error) { console.log(error.code) }`], { stdio: ['pipe', 'pipe', 'inherit'] }))
  const answers = await Promise.all(takers.map(async taker => String((await once(taker.stdout, 'data'))[0]).trim()))
  for (const taker of takers) taker.stdin.end('go')
  assert.deepEqual(answers.sort(), ['DATA_DIR_LOCKED', 'DATA_DIR_LOCKED', 'DATA_DIR_LOCKED', 'won'])
})

test('a place where nothing can be made is refused at once, even where a recursive mkdir would never return', { timeout: 5000 }, () => {
  assert.throws(() => openDataDir('/proc/nope/below', { network: 'devnet' }), { code: 'DATA_DIR_UNREADABLE' })
})

test('what a crash left of our own is no stranger, and is cleared away; what a living process writes stays', () => {
  const path = join(dir, 'crashed')
  mkdirSync(path)
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  const left = ['version.json.PID.tmp', 'node.key.PID.tmp', 'node.key.next.PID.tmp', 'node.key.rotation.json.PID.tmp', 'lock.PID', 'lock.PID.stale'].map(name => name.replace('PID', String(dead)))
  for (const name of [...left, `lock.${process.ppid}`]) writeFileSync(join(path, name), '{"lay')
  const opened = openDataDir(path, { network: 'devnet' })
  assert.deepEqual(readdirSync(path).sort(), ['lock', `lock.${process.ppid}`, 'version.json'])
  opened.close()
  assert.deepEqual(readVersion(path), { layout: 1, network: 'devnet' })
})

test('a refused directory is left as it was', () => {
  const path = join(dir, 'refused')
  mkdirSync(path)
  writeFileSync(join(path, 'thesis.doc'), 'x')
  assert.throws(() => openDataDir(path, { network: 'devnet' }), { code: 'DATA_DIR_FOREIGN' })
  assert.deepEqual(readdirSync(path), ['thesis.doc'])
})

test('of many first starts at once exactly one wins, and no other takes its files for a stranger\'s', async context => {
  const path = join(dir, 'first', 'deep')
  const take = `const path = ${JSON.stringify(path)}; try { openDataDir(path, { network: 'devnet' }); (await import('node:fs')).mkdirSync(path + '/chain'); console.log('won') } catch (error) { console.log(error.code) }`
  const takers = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', simultaneously(take)], { stdio: ['pipe', 'pipe', 'inherit'] }))
  context.after(() => { for (const taker of takers) taker.stdin.end() })
  await Promise.all(takers.map(taker => once(taker.stdout, 'data')))
  const answers = Promise.all(takers.map(async taker => String((await once(taker.stdout, 'data'))[0]).trim()))
  const moment = `${Date.now() + 50}\n`
  for (const taker of takers) taker.stdin.write(moment)
  assert.deepEqual((await answers).sort(), ['DATA_DIR_LOCKED', 'DATA_DIR_LOCKED', 'DATA_DIR_LOCKED', 'won'])
})
