import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { frameFromJson, frameToJson } from '../../src/cli/frame-json.ts'
import { fieldsOf, templateOf } from '../../src/cli/frame-template.ts'
import { carriersOf, MESSAGE_TYPES } from '../../src/cli/message-types.ts'
import { MAX_LINE_BYTES } from '../../src/cli/read-lines.ts'
import { encodeHeader } from '../../src/frame/index.ts'
import { fromHex, toHex } from '../../src/wire/index.ts'
import { lines, tosd, tosdProcess } from './run.ts'

interface Vector { readonly name: string, readonly type: string, readonly fields: unknown, readonly checksum: string, readonly header: string, readonly payload: string }

const { frames } = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as { frames: Vector[] }
const nodeId = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const shown = frames.map(({ type, fields, checksum }) => ({ type, node_id: nodeId, timestamp: '1700000000', checksum, fields }))
const objects = shown.map(({ type, node_id, timestamp, fields }) => ({ type, node_id, timestamp, fields }))
const hexes = frames.map(({ header, payload }) => header + payload)

test('every golden frame decodes and encodes byte for byte', () => {
  for (const [i, hex] of hexes.entries()) {
    assert.deepEqual(frameToJson(fromHex(hex)), shown[i], frames[i]?.name)
    assert.equal(toHex(frameFromJson(objects[i])), hex, frames[i]?.name)
  }
})

test('the command answers one line per golden frame, in order, both ways', async () => {
  const decoded = await tosdProcess(['frame', 'decode', '-', '--json'], { input: `${hexes.join('\n')}\n` })
  assert.deepEqual([decoded.code, lines(decoded.stdout)], [0, shown])
  const encoded = await tosdProcess(['frame', 'encode', '-', '--json'], { input: objects.map(object => JSON.stringify(object)).join('\n') })
  assert.deepEqual([encoded.code, lines(encoded.stdout)], [0, hexes.map(hex => ({ hex }))])
})

test('one frame as an argument, one object as an argument or on standard input', async () => {
  const [hex, object] = [hexes[0] as string, JSON.stringify(objects[0])]
  assert.deepEqual(lines((await tosd(['frame', 'decode', hex, '--json'])).stdout), [shown[0]])
  assert.deepEqual(lines((await tosd(['frame', 'encode', object, '--json'])).stdout), [{ hex }])
  assert.deepEqual(lines((await tosd(['frame', 'encode', '--json'], { input: JSON.stringify(objects[0], undefined, 2) })).stdout), [{ hex }])
  assert.equal((await tosd(['frame', 'encode', object])).stdout, `${hex}\n`)
})

test('a bad frame is answered with its code; it fails the command only when it is alone', async () => {
  const alone = await tosd(['frame', 'decode', 'ff'.repeat(60), '--json'])
  assert.deepEqual([alone.code, lines(alone.stdout)], [1, [{ code: 'WRONG_MAGIC', message: 'the frame does not begin with "TOSN"' }]])
  const aloneOnStdin = await tosd(['frame', 'decode', '-', '--json'], { input: '00\n' })
  assert.deepEqual([aloneOnStdin.code, lines(aloneOnStdin.stdout).map(({ code }) => code)], [1, ['TRUNCATED']])
  const among = await tosd(['frame', 'decode', '-', '--json'], { input: `${hexes[0]}\nxyz\n${hexes[1]}\n` })
  assert.deepEqual([among.code, lines(among.stdout).map(({ code, type }) => code ?? type)], [0, ['PING', 'INVALID_VALUE', 'PING']])
})

test('each way a frame can be wrong has its code', () => {
  const hex = hexes[2] as string // PONG
  const patch = (at: number, bytes: string): string => hex.slice(0, at * 2) + bytes + hex.slice(at * 2 + bytes.length)
  const header = (type: number, payloadLength: number): string => toHex(encodeHeader({ type, payloadLength, checksum: 0n, timestamp: 0n, nodeId: new Uint8Array(32) }))
  const rows: Array<[name: string, hex: string, code: string]> = [
    ['nothing', '', 'TRUNCATED'], ['59 bytes', hex.slice(0, 118), 'TRUNCATED'], ['half a payload', hex.slice(0, -2), 'TRUNCATED'],
    ['a byte too many', `${hex}00`, 'TRAILING_BYTES'], ['magic', patch(0, '55'), 'WRONG_MAGIC'], ['version', patch(4, '0200'), 'INCOMPATIBLE_VERSION'],
    ['type', patch(6, 'ff00'), 'UNKNOWN_TYPE'], ['checksum', patch(12, '00'), 'CORRUPT_MESSAGE'], ['payload', patch(79, 'ff'), 'CORRUPT_MESSAGE'],
    ['another known type', patch(6, '0100'), 'MESSAGE_TOO_SMALL'], ['length above the cap', header(2, 21), 'MESSAGE_TOO_LARGE'], ['4 GiB announced', header(2, 0xffff_ffff), 'MESSAGE_TOO_LARGE']
  ]
  for (const [name, hex, code] of rows) assert.throws(() => frameToJson(fromHex(hex)), { code }, name)
})

test('objects that are no frame are refused with a code', () => {
  const good = objects[2] as Record<string, unknown>
  const rows: Array<[unknown, string]> = [
    [[], 'INVALID_VALUE'], [null, 'INVALID_VALUE'], [{}, 'UNKNOWN_TYPE'], [{ ...good, type: 'PONGG' }, 'UNKNOWN_TYPE'], [{ ...good, extra: 1 }, 'INVALID_VALUE'],
    [{ ...good, node_id: 'ab' }, 'INVALID_VALUE'], [{ ...good, timestamp: '-1' }, 'INVALID_VALUE'], [{ ...good, timestamp: '18446744073709551616' }, 'INVALID_VALUE'],
    [{ ...good, fields: { nonce: '1' } }, 'INVALID_VALUE'], [{ ...good, checksum: '1' }, 'CORRUPT_MESSAGE']
  ]
  for (const [object, code] of rows) assert.throws(() => frameFromJson(object), { code }, JSON.stringify(object))
})

test('types outside the golden file and aliases are known too', () => {
  const frame = (type: string, fields: unknown): string => frameToJson(frameFromJson({ type, node_id: nodeId, timestamp: '0', fields })).type
  assert.equal(frame('GOODBYE', { reason: 1, text: 'bye' }), 'GOODBYE')
  assert.equal(frame('ERROR', { request_id: '1', code: 2, text: '' }), 'ERROR')
  assert.equal(frame('VOTE_REQUEST', { request_id: '1', ids: [nodeId] }), 'VOTE_REQUEST')
  assert.equal(frame('VOTE_RESPONSE', { request_id: '1', votes: [], not_found: [nodeId] }), 'VOTE_RESPONSE')
  const share = frames.find(({ type }) => type === 'AI_MINING_SHARE')
  assert.equal(frame('GPU_MINING_SHARE', share?.fields), 'AI_MINING_SHARE')
})

test('every line gets exactly one answer: empty ones, too long ones, and a last one without its end', async () => {
  const hex = hexes[0] as string
  const codes = async (input: string, run = tosd): Promise<unknown[]> => lines((await run(['frame', 'decode', '-', '--json'], { input })).stdout).map(({ code, type }) => code ?? type)
  assert.deepEqual(await codes(`\n${hex}\n \r\n${hex}\r\n\n`), ['TRUNCATED', 'PING', 'TRUNCATED', 'PING', 'TRUNCATED'])
  assert.deepEqual(await codes(`${hex}\n${hex}`), ['PING', 'PING'])
  assert.deepEqual(await codes(''), [])
  assert.deepEqual(await codes(`${'ab'.repeat(MAX_LINE_BYTES / 2)}00\n${hex}\n`, tosdProcess), ['MESSAGE_TOO_LARGE', 'PING'])
  const whole = await tosd(['frame', 'decode', '--json'], { input: 'ab'.repeat(MAX_LINE_BYTES / 2 + 1) })
  assert.deepEqual([whole.code, lines(whole.stdout)[0]?.['code']], [1, 'MESSAGE_TOO_LARGE'])
})

test('control characters of the input are never echoed', async () => {
  const evil = '\u001b]0;owned\u0007\u009b31m'
  for (const args of [['frame', 'decode', evil], ['frame', 'encode', JSON.stringify({ type: evil })], ['frame', 'encode', evil], ['frame', 'types', evil], [evil], ['frame', 'decode', evil, '--json']]) {
    const { stdout, stderr } = await tosd(args)
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, args.join(' '))
    assert.notEqual(stdout + stderr, '')
  }
})

test('hex may begin with 0x', async () => {
  assert.deepEqual(lines((await tosd(['frame', 'decode', `0x${hexes[0]}`, '--json'])).stdout), [shown[0]])
})

test('a value that does not fit is named by its path', () => {
  const share = frames.find(({ type }) => type === 'AI_MINING_SHARE')
  assert.throws(() => frameFromJson({ type: 'AI_MINING_SHARE', node_id: nodeId, timestamp: '0', fields: { ...share?.fields as object, quality_score: -1 } }), { message: /^\$\.quality_score: -1 is not a u8/ })
})

test('every type has a carrier, fields and a template that encodes as it stands', () => {
  assert.ok(MESSAGE_TYPES.length >= 15)
  for (const type of MESSAGE_TYPES) {
    const template = templateOf(type)
    const { type: name, fields } = frameToJson(frameFromJson(template))
    assert.deepEqual([name, fields], [type.name, template.fields])
    assert.ok(carriersOf(type).length > 0 && fieldsOf(type).length > 0, type.name)
  }
})

test('frame types lists all of them, and one with its fields, for programs and for people', async () => {
  const all = lines((await tosd(['frame', 'types', '--json'])).stdout)
  assert.deepEqual(all.map(({ name }) => name), MESSAGE_TYPES.map(({ name }) => name))
  assert.deepEqual(all[0], { name: 'PING', code: '0x01', tag: 0, carriers: ['/tos/{net}/ping/1.0.0'], minBytes: 36, maxBytes: 292 })
  const { code, stdout } = await tosd(['frame', 'types', 'ping'])
  assert.equal(code, 0)
  assert.match(stdout, /^user_agent +text ≤ 256 +string/m)
  const template = stdout.slice(stdout.indexOf('\n{'))
  assert.equal((await tosd(['frame', 'encode', template])).code, 0)
  const unknown = await tosd(['frame', 'types', 'pign'])
  assert.match(unknown.stderr, /did you mean PING\? +\[UNKNOWN_TYPE\]\n {2}hint {3}`node \S+tosd\.mjs frame types` lists them/)
})
