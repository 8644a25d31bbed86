import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDataDir } from '../../src/node/data-dir.ts'
import { inspectKeyFile, loadIdentity } from '../../src/node/identity.ts'
import { nextKeyFile, rotateIdentity } from '../../src/node/rotate-identity.ts'
import type { Rotated, RotateOptions, RotateStep } from '../../src/node/rotate-identity.ts'
import { readRotations } from '../../src/node/rotation-file.ts'
import { verifyRotationChain } from '../../src/secure/keys/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { scratch } from './run.ts'

const { dir, remove } = scratch('rotation')
after(remove)
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const nodeId = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
const NOW = 1_800_000_000n
const STEPS: readonly RotateStep[] = ['new key written', 'old key kept', 'record written', 'key replaced']
const options: RotateOptions = { network: 'devnet', reason: '', now: NOW, passphraseOf: () => undefined }

function keyIn (name: string): string {
  const folder = join(dir, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'node.key'), Buffer.from(`08011240${seed}${nodeId}`, 'hex'), { mode: 0o600 })
  return join(folder, 'node.key')
}

/** Node ids of every key file in a directory. */
async function keysIn (file: string): Promise<Set<string>> {
  const names = readdirSync(join(file, '..')).filter(name => name.startsWith('node.key') && !name.endsWith('.json'))
  return new Set(await Promise.all(names.map(async name => toHex((await inspectKeyFile(join(file, '..', name))).publicKey))))
}

function nodeIds ({ oldKey, newKey }: Rotated): string[] {
  return [toHex(oldKey), newKey === undefined ? '' : toHex(newKey)]
}

test('a crash after any step loses no key, and the next call finishes the same rotation', async () => {
  for (const [i, last] of STEPS.entries()) {
    const file = keyIn('crash')
    const crash = (step: RotateStep): void => { if (step === last) throw new Error('power is gone') }
    await assert.rejects(rotateIdentity(file, { ...options, onStep: crash }))
    const held = await keysIn(file)
    assert.equal(held.size, 2, last)
    assert.ok(held.has(nodeId), last)
    // the node starts on a whole key, and finds its directory to be its own
    assert.equal(toHex((await loadIdentity(file)).publicKey.raw) === nodeId, last !== 'key replaced')
    openDataDir(join(file, '..'), { network: 'devnet' }).close()
    if (last === 'key replaced') continue

    const rotated = await rotateIdentity(file, { ...options, now: NOW + 5n })
    assert.deepEqual(new Set(nodeIds(rotated)), held, last)
    assert.deepEqual(await keysIn(file), held)
    const rotations = readRotations(rotated.rotationFile)
    assert.deepEqual([rotations.length, rotations[0]?.time], [1, i < 2 ? NOW + 5n : NOW])
    verifyRotationChain(rotations, { network: 'devnet', now: NOW + 5n })
  }
})

test('rotations of one node make one chain, and every old key is kept', async () => {
  const file = keyIn('chain')
  const seen = [nodeId]
  for (let n = 1n; n <= 3n; n++) {
    const [from, to] = nodeIds(await rotateIdentity(file, { ...options, now: NOW + n * 86_400n }))
    assert.equal(from, seen.at(-1))
    seen.push(to as string)
  }
  const rotations = readRotations(`${file}.rotation.json`)
  const { first, last } = verifyRotationChain(rotations, { network: 'devnet', now: NOW + 300_000n })
  assert.deepEqual([toHex(first), toHex(last), rotations.length], [nodeId, seen.at(-1), 3])
  assert.deepEqual(await keysIn(file), new Set(seen))
  assert.deepEqual(readdirSync(join(file, '..')).filter(name => /^node\.key\.\d{8}-[0-9a-f]{8}$/.test(name)).length, 3)
})

test('the rotations of another key, another network and a wrong clock stop it before anything is replaced', async () => {
  const file = keyIn('refused')
  await rotateIdentity(file, options)
  const rotated = readFileSync(file)
  await assert.rejects(rotateIdentity(file, { ...options, now: NOW - 100n }), { code: 'ROTATION_INVALID' })
  await assert.rejects(rotateIdentity(file, { ...options, network: 'lab' }), { code: 'ROTATION_INVALID' })
  openDataDir(join(file, '..'), { network: 'devnet' }).close()
  await assert.rejects(rotateIdentity(file, { ...options, network: 'lab' }), { code: 'DATA_DIR_FOREIGN' })
  assert.deepEqual(readFileSync(file), rotated)
  rmSync(nextKeyFile(file), { force: true })
  writeFileSync(file, Buffer.from(`08011240${seed}${nodeId}`, 'hex'), { mode: 0o600 })
  await assert.rejects(rotateIdentity(file, options), { code: 'KEY_EXISTS', message: /end at another key/ })
  await assert.rejects(rotateIdentity(join(dir, 'none', 'node.key'), options), { code: 'KEY_UNREADABLE' })
})
