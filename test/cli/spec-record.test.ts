import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readSpecKey, specRecordToJson } from '../../src/cli/spec-record-json.ts'
import { lines, tosd } from './run.ts'

const { spec_channel_compat: vector } = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as { spec_channel_compat: { shared: string, record: string } }
const dir = mkdtempSync(join(tmpdir(), 'tos-record-'))
after(() => { rmSync(dir, { recursive: true, force: true }) })
const keyFile = join(dir, 'key')
writeFileSync(keyFile, `${vector.shared}\n`)
const PONG = { type: 'PONG', fields: { nonce: '72623859790382856', timestamp: '1700000001' } }

test('the golden record opens with its key, by the command and by hand', async () => {
  assert.deepEqual(specRecordToJson(readSpecKey(keyFile), vector.record), PONG)
  assert.deepEqual(lines((await tosd(['frame', 'decode', vector.record, '--spec-record-key', keyFile, '--json'])).stdout), [PONG])
})

test('a damaged record, another key and a bad key file are told apart, and the key is never shown', () => {
  const key = readSpecKey(keyFile)
  assert.throws(() => specRecordToJson(key, vector.record.replace(/..$/, '00')), { code: 'SEAL_BROKEN' })
  assert.throws(() => specRecordToJson(new Uint8Array(32), vector.record), { code: 'SEAL_BROKEN' })
  assert.throws(() => specRecordToJson(key, vector.record.slice(0, 54)), { code: 'TRUNCATED' })
  assert.throws(() => readSpecKey(join(dir, 'none')), { code: 'FILE_UNREADABLE' })
  const short = join(dir, 'short')
  writeFileSync(short, vector.shared.slice(2))
  assert.throws(() => readSpecKey(short), (error: Error) => !error.message.includes(vector.shared.slice(2, 20)) && 'code' in error && error.code === 'INVALID_VALUE')
})
