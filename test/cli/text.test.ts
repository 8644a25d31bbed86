import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeEvents } from '../../src/cli/describe-event.ts'
import { devnetView } from '../../src/cli/devnet-view.ts'
import { ownWords, targetFlags } from '../../src/cli/own-words.ts'
import { prettyJson } from '../../src/cli/pretty-json.ts'
import { printError } from '../../src/cli/print-error.ts'
import { TosError } from '../../src/errors/index.ts'
import type { StatusView, StreamedEvent } from '../../src/monitor/index.ts'

test('hints name the command as it was called, for the node that was meant', () => {
  const target = targetFlags(['status', '--data-dir', 'my dir', '--network=lab', '--admin-socket', '/s', '--json'])
  assert.equal(target, " --data-dir 'my dir' --network lab --admin-socket /s")
  const words = (hint: string): string => ownWords(hint, 'node scripts/tosd.mjs', target)
  assert.equal(words('try `tosd start`'), `try \`node scripts/tosd.mjs start${target}\``)
  assert.equal(words('`tosd key show`'), "`node scripts/tosd.mjs key show --data-dir 'my dir' --network lab`")
  assert.equal(words('`tosd --help`, `tosd frame types` or `node --check FILE`'), '`node scripts/tosd.mjs --help`, `node scripts/tosd.mjs frame types` or `node --check FILE`')
})

test('a cause is one line: name and first line of the message, short, never empty', () => {
  const causeOf = (cause: unknown): unknown => /cause {2}(.*)\n/.exec(printError(new TosError('LISTEN_FAILED', 'x', { cause }), { json: false }))?.[1]
  assert.equal(causeOf(new TypeError('first\n    at stack (node:1)')), 'TypeError: first')
  assert.equal(causeOf(new Error('')), 'Error: no message')
  assert.equal(causeOf(Object.assign(new Error(''), { code: 'EPIPE' })), 'Error: EPIPE')
  assert.equal(causeOf(new Error('', { cause: new RangeError('why') })), 'RangeError: why')
  assert.equal(causeOf(new AggregateError([new Error('ECONNREFUSED'), new Error('b')], 'all failed')), 'Error: ECONNREFUSED (and 1 more)')
  assert.equal(causeOf(''), 'no reason given')
  assert.equal(String(causeOf(new Error('x'.repeat(500)))).length, 200)
})

const sync = (state: 'started' | 'progress' | 'finished', at: number): StreamedEvent => ({ event: 'sync', state, height: at / 1000, targetHeight: 9, at })
const run = [sync('started', 0), sync('started', 1000), sync('progress', 2000), sync('progress', 2500), sync('started', 3000), sync('finished', 4000)]

test('a sync over several peers is one start and one finish; its progress is for terminals only', () => {
  const show = describeEvents(false)
  const twice = [...run, ...run].map(show).filter(text => text !== '').map(text => text.slice(10, 23))
  assert.deepEqual(twice, ['sync started ', 'sync finished', 'sync started ', 'sync finished'])
  const onTerminal = run.map(describeEvents(true))
  assert.deepEqual(onTerminal.map(text => /sync (\w+)/.exec(text)?.[1]), ['started', 'at', 'at', undefined, 'at', 'finished'])
  // progress stays in its line until something else takes it
  assert.ok(onTerminal[1]?.startsWith('\r') && !onTerminal[1].endsWith('\n') && onTerminal[5]?.startsWith('\r') && onTerminal[5].endsWith('\n'))
})

test('JSON for a person keeps on one line what fits there', () => {
  assert.equal(prettyJson({ ids: [1, 2, 3], none: [], big: 5n }), '{ "ids": [1, 2, 3], "none": [], "big": "5" }')
  const long = { hashes: ['a'.repeat(64), 'b'.repeat(64)], n: [1, 2] }
  assert.equal(prettyJson(long), `{\n  "hashes": [\n    "${'a'.repeat(64)}",\n    "${'b'.repeat(64)}"\n  ],\n  "n": [1, 2]\n}`)
  assert.deepEqual(JSON.parse(prettyJson(long)), long)
})

test('a dead node has no tip to disagree with', () => {
  const status = { ready: true, peers: { connected: 1 }, chain: { height: 3, hash: 'cc' }, mempool: 0, memory: { rssBytes: 0 } } as StatusView
  const rows = [{ child: { name: 'node0', alive: true }, status }, { child: { name: 'node1', alive: false }, status: undefined }]
  const view = devnetView('tosd-devnet-x: 3 s so far, 2 s left', rows)
  assert.match(view, /^tosd-devnet-x: 3 s so far, 2 s left\nDATA DIR +STATE[^]*\nnode1 +dead\nall on one tip\n$/)
  assert.match(devnetView('', [...rows, { child: { name: 'node2', alive: true }, status: { ...status, chain: { ...status.chain, hash: 'dd' } } }]), /2 different tips/)
})
