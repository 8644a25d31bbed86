import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { askNewPassphrase, askPassphrase } from '../../src/cli/ask-passphrase.ts'
import type { Terminal } from '../../src/cli/ask-passphrase.ts'

/** A terminal whose person answers each question with the next of `answers`. */
function terminal (...answers: readonly string[]): Terminal & { readonly seen: () => string } {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = new PassThrough()
  let seen = ''
  const left = [...answers]
  output.on('data', (chunk: Buffer) => {
    seen += String(chunk)
    // typed when the question is there
    if (String(chunk).endsWith(': ')) setImmediate(() => input.write(left.shift() ?? ''))
  })
  return { input, output, signal: new AbortController().signal, seen: () => seen }
}

test('a passphrase is read with its corrections and is not echoed', async () => {
  const person = terminal('open sesame\u007fe\r')
  assert.equal(await askPassphrase('passphrase: ', person), 'open sesame')
  assert.equal(person.seen(), 'passphrase: \n')
})

test('a new passphrase is asked twice; two that differ, and an empty one, are refused', async () => {
  const person = terminal('horse\r', 'horse\r')
  assert.equal(await askNewPassphrase(person), 'horse')
  assert.ok(!person.seen().includes('horse'))
  await assert.rejects(askNewPassphrase(terminal('horse\r', 'house\r')), { code: 'USAGE' })
  await assert.rejects(askNewPassphrase(terminal('\r')), { code: 'USAGE' })
})

test('Ctrl-C, Ctrl-D and a signal end the question; without a terminal there is none', async () => {
  for (const key of ['\u0003', '\u0004']) await assert.rejects(askPassphrase('passphrase: ', terminal(`half${key}${key === '\u0004' ? '\u0015\u0004' : ''}`)), { code: 'ABORTED' })
  await assert.rejects(askPassphrase('passphrase: ', { ...terminal(''), signal: AbortSignal.abort() }), { code: 'ABORTED' })
  assert.equal(await askPassphrase('passphrase: ', { ...terminal(''), input: new PassThrough() }), undefined)
})
