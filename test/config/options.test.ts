import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromObject, resolveConfig } from '../../src/config/index.ts'
import { OPTIONS } from '../../src/config/options.ts'
import type { Config } from '../../src/config/index.ts'

const facts = { home: '/home/ann', xdgDataHome: '', socketDir: '/run/user/7', version: '9.9.9' }
const resolve = (object: Record<string, unknown>): Config => resolveConfig([fromObject(object, 'test')], { facts }).config

test('a user agent that could not be sent is refused: 256 bytes of well-formed text without control characters', () => {
  for (const userAgent of ['', 'x'.repeat(256), 'é'.repeat(128), '🦊'.repeat(64)]) assert.equal(resolve({ userAgent }).userAgent, userAgent)
  for (const userAgent of ['x'.repeat(257), 'é'.repeat(129), '🦊'.repeat(65), 'a\n', '\u0085', '\u009b1m', '\u007f', 'half \ud83e']) assert.throws(() => resolve({ userAgent }), { code: 'CONFIG_INVALID' }, JSON.stringify(userAgent))
})

test('AI mining and GPU mining are other names of the preset mining; help tells one', () => {
  const presetOf = (preset: string): string => resolve({ preset }).preset
  assert.deepEqual(['mining', 'ai-mining', 'gpu-mining'].map(presetOf), ['mining', 'mining', 'mining'])
  assert.deepEqual(OPTIONS.preset.words, ['full', 'light', 'mining', 'validator'])
  for (const name of ['toString', 'gpu']) assert.throws(() => presetOf(name), { code: 'CONFIG_INVALID' })
})

test('the preset mining mines by default, but never on a public network', () => {
  const rows: Array<[Record<string, unknown>, boolean]> = [
    [{ preset: 'mining', network: 'devnet' }, true], [{ preset: 'mining', network: 'lab' }, true], [{ preset: 'mining' }, false], [{ preset: 'mining', network: 'testnet' }, false],
    [{ preset: 'mining', network: 'devnet', mine: false }, false], [{ preset: 'full', network: 'devnet' }, false], [{ preset: 'validator', network: 'devnet' }, false], [{ mine: true }, true]
  ]
  for (const [object, mine] of rows) assert.equal(resolve(object).mine, mine, JSON.stringify(object))
})
