import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import * as browser from '../../src/browser.ts'

/** What a bundler makes of an entry point for browsers, in memory. */
async function bundle (entry: string): Promise<{ readonly text: string, readonly foreign: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry], bundle: true, platform: 'browser', format: 'iife', globalName: 'tos', target: 'es2024', write: false, metafile: true, logLevel: 'silent',
    // left as they stand, so that they can be counted
    external: ['node:*']
  })
  const foreign = Object.entries(metafile.inputs).flatMap(([file, { imports }]) => imports.filter(({ external }) => external).map(({ path }) => `${file}: ${path}`))
  return { text: outputFiles[0]?.text ?? '', foreign }
}

test('the browser entry imports nothing of Node', async () => {
  const { foreign } = await bundle('src/browser.ts')
  assert.deepEqual(foreign, [])
})

test('the main entry does, so the count counts', async () => {
  const { foreign } = await bundle('src/secure/create-sessions.ts')
  assert.ok(foreign.some(line => line.endsWith('node:crypto')), foreign.join('\n'))
})

/** Results of the parts that have a fast way on Node; as text, so that it runs on either side. */
function results (tos: typeof browser): string {
  const hash = tos.sha3(new TextEncoder().encode('abc'))
  const note = tos.struct({ text: tos.string(64), bytes: tos.blob(64) })
  const sent = tos.encode(note, { text: 'grün', bytes: hash })
  const vote = { blockHash: new Uint8Array(32).fill(1), voterId: new Uint8Array(32).fill(2), voteType: 1, timestamp: 1_700_000_000n }
  return [
    tos.toHex(hash), tos.toHex(tos.fromHex('00FFa7')), tos.toHex(sent), tos.decode(note, sent).text, tos.decode(note, tos.encode(note, { text: 'plain', bytes: hash })).text,
    tos.toHex(tos.voteId(vote)), tos.toHex(tos.domainPrefix('TOS-VOTE-V1', 'devnet')), tos.toHex(tos.encode(tos.blockHeader, {
      version: 1, height: 7n, timestamp: 1n, parents: [hash], txRoot: hash, difficulty: 2n, nonce: 3n, aiMined: false, miner: hash
    }))
  ].join(' ')
}

test('where there is no Buffer and no process, the browser entry computes what Node computes with them', async () => {
  const { text } = await bundle('src/browser.ts')
  // a context of its own has the names of the language and these, as a page has
  const page = { crypto, performance, TextEncoder, TextDecoder, URL, setTimeout, clearTimeout, setInterval, clearInterval, EventTarget, Event, AbortSignal, AbortController }
  const there = runInNewContext(`${text}\n(${results.toString()})(tos)`, page) as string
  assert.equal(there, results(browser))
  // FIPS 202, SHA3-256 of "abc"
  assert.match(there, /^3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532 00ffa7 /)
})
