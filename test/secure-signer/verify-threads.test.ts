import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createMessageSigner, createMessageVerifier } from '../../src/secure/signer/index.ts'
import type { MessageVerifierOptions } from '../../src/secure/signer/index.ts'
import { LABEL, NETWORK, flip, signed, signerOf } from './support.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const verifier = createMessageVerifier({ network: NETWORK, workers: 2 })
after(async () => { await verifier.stop() })

test('workers and the calling thread give the same verdicts, in order, for plain and hybrid keys', async () => {
  const hybrid = createMessageSigner({ privateKey: new Uint8Array(32).fill(1), mlDsaKey: new Uint8Array(32).fill(2), network: NETWORK })
  const signers = [...Array.from({ length: 4 }, (_, i) => signerOf(i)), hybrid]
  const messages = Array.from({ length: 120 }, (_, i) => {
    const message = signed(signers[i % signers.length] as typeof hybrid, `message ${i}`)
    return i % 7 === 3 ? flip(message, (['body', 'publicKey', 'signature'] as const)[i % 3] as 'body', i * 31) : message
  })
  messages.push({ ...messages[0] as typeof messages[0] & object, signature: new Uint8Array(3) }, { ...messages[0] as typeof messages[0] & object, publicKey: new Uint8Array() })
  const here = messages.map(verifier.verify)
  assert.deepEqual(await verifier.verifyBatch(messages), here)
  assert.deepEqual(await Promise.all(messages.map(verifier.verifyAsync)), here)
  assert.ok(here.filter(Boolean).length > 90 && here.filter(Boolean).length < 120)
  assert.ok(verifier.dump().workers <= 2)
})

test('labels are checked before anything is queued', async () => {
  await assert.rejects(verifier.verifyAsync({ ...signed(signerOf(1), 'x'), label: 'A B' }), { code: 'INVALID_VALUE' })
})

test('an exhausted pool: one worker, a flood; what fits is right, the rest is BUSY, then it serves again', async () => {
  const small = createMessageVerifier({ network: NETWORK, workers: 1, maxQueued: 50 })
  const message = signed(signerOf(1), 'flood')
  const results = await Promise.allSettled(Array.from({ length: 200 }, async () => await small.verifyAsync(message)))
  assert.equal(results.filter(result => result.status === 'fulfilled' && result.value).length, 50)
  assert.equal(results.filter(result => result.status === 'rejected' && (result.reason as { code: string }).code === 'BUSY').length, 150)
  assert.equal(await small.verifyAsync(message), true)
  await small.stop()
})

test('stop while busy: NODE_STOPPED for the asynchronous, the synchronous goes on', async () => {
  const stopping = createMessageVerifier({ network: NETWORK, workers: 2 })
  const message = signed(signerOf(1), 'late')
  const pending = assert.rejects(stopping.verifyBatch(Array.from({ length: 500 }, () => message)), { code: 'NODE_STOPPED' })
  await stopping.stop()
  await pending
  await assert.rejects(stopping.verifyAsync(message), { code: 'NODE_STOPPED' })
  assert.equal(stopping.verify(message), true)
  assert.equal(stopping.dump().workers, 0)
})

test('bounds that are none are refused', () => {
  for (const bad of [{ workers: 0 }, { workers: 1.5 }, { maxQueued: 0 }, { maxQueuedBytes: Number.NaN }, { maxKeys: -1 }] satisfies Partial<MessageVerifierOptions>[]) {
    assert.throws(() => createMessageVerifier({ network: NETWORK, ...bad }), { code: 'INVALID_VALUE' })
  }
})

/** A program that verifies in a worker, prints the verdict, and does not stop the verifier. */
const program = (index: string): string => `
  import { createMessageSigner, createMessageVerifier } from ${JSON.stringify(index)}
  const signer = createMessageSigner({ privateKey: new Uint8Array(32), network: '${NETWORK}' })
  const body = Buffer.from('x')
  const verifier = createMessageVerifier({ network: '${NETWORK}' })
  verifier.verifyAsync({ label: '${LABEL}', body, publicKey: signer.publicKey, signature: signer.sign('${LABEL}', body) }).then(ok => console.log(ok))`

test('from the sources: the answer comes, then idle workers let the process end', async () => {
  const index = new URL('../../src/secure/signer/index.ts', import.meta.url).href
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', program(index)], { timeout: 20_000 })
  assert.deepEqual([stdout, stderr], ['true\n', ''])
})

test('from a build: the worker is the .js beside its starter', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tos-signer-'))
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const options = ['--ignoreConfig', '--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--rewriteRelativeImportExtensions', '--verbatimModuleSyntax', '--skipLibCheck', '--rootDir', root, '--outDir', folder]
    const files = ['package.json', 'src/secure/signer/index.ts', 'src/secure/signer/verify-worker.ts'].map(name => join(root, name))
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, '--resolveJsonModule', ...files], { cwd: root, timeout: 60_000 })
    const index = pathToFileURL(join(folder, 'src/secure/signer/index.js')).href
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', program(index)], { timeout: 20_000 })
    assert.deepEqual([stdout, stderr], ['true\n', ''])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
