import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { frameFromJson, frameToJson } from '../../../src/cli/frame-json.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import { toHex } from '../../../src/wire/index.ts'
import { cell, skipCell } from '../harness/cell.ts'
import { recorder } from '../harness/report.ts'
import { isRequired } from '../harness/toolchain.ts'
import type { Availability, Tool } from '../harness/toolchain.ts'
import { startCodec } from './codec-process.ts'
import type { CodecProcess } from './codec-process.ts'
import { judgeDamaged } from './damage.ts'
import { giveRandom, takeRandom } from './exchange.ts'
import { giveJson, takeJson } from './json-exchange.ts'
import { MESSAGES } from './messages.ts'

interface Golden { readonly name: string, readonly type: string, readonly fields: unknown, readonly header: string, readonly payload: string }
type CodecCell = readonly [what: string, direction: string, run: (codec: CodecProcess) => Promise<unknown>]
interface Unframed { readonly type: string, readonly json: unknown, readonly header: Readonly<Record<string, unknown>> }

const { frames } = JSON.parse(readFileSync(new URL('../../vectors/frames.json', import.meta.url), 'utf8')) as { frames: readonly Golden[] }
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
const hex = (text: string): string => Buffer.from(text, 'base64').toString('hex')

/** A codec to hold ours against. */
export interface ForeignCodec {
  /** Its name in the matrix, and what `TOS_INTEROP_REQUIRE` calls it. */
  readonly peer: Tool
  readonly codec: Availability
  /** It knows the limits of fields too, so it must refuse what we refuse. */
  readonly strict: boolean
}

/** Golden frames, random messages and wrong ones between our codec and another. */
export function codecSuite ({ peer, codec: found, strict }: ForeignCodec): void {
  const field = (what: string, direction: string): { peer: string, scenario: string, direction: string } => ({ peer, scenario: `11 codec: ${what}`, direction })
  // the full count where the run is meant to prove something, a taste of it in every other test run
  const [random, wrong] = isRequired(peer) ? [10_000, 2_000] : [1_000, 500]
  const [theirs, ours] = [`${peer} → tosd`, `tosd → ${peer}`]
  const cells: readonly CodecCell[] = [
    ['golden frames', theirs, goldenEncode],
    ['golden frames', ours, goldenDecode],
    [`${random} random messages of each type`, theirs, codec => each(codec, type => takeEach(codec, type, random))],
    [`${random} random messages of each type`, ours, codec => each(codec, type => giveEach(codec, type, random))],
    ['wrong magic, version, length, checksum, type', ours, wrongFrames],
    [`${wrong} damaged messages of each type`, ours, codec => each(codec, type => damaged(codec, type, { count: wrong, strict }))]
  ]

  void test(`byte-level codec of ${peer}`, async context => {
    if ('missing' in found) {
      await missing(context, found)
      return
    }
    const { command, args } = found
    const codec = await startCodec(command, args)
    context.after(() => codec.stop())
    recorder.peer(`${peer}-codec`, codec.versions)
    assert.deepEqual(codec.types.toSorted(), [...MESSAGES.keys()].toSorted(), 'it knows every message')
    for (const [what, direction, run] of cells) await cell(context, field(what, direction), async () => { await run(codec) })
  })

  async function missing (context: TestContext, { missing: what, hint }: { readonly missing: string, readonly hint: string }): Promise<void> {
    const reason = `${what}; ${hint}`
    if (isRequired(peer)) throw new Error(`TOS_INTEROP_REQUIRE names ${peer}: ${reason}`)
    console.error(`\n*** interop: no codec to compare with: ${reason} ***\n`)
    for (const [name, direction] of cells) await skipCell(context, field(name, direction), { reason })
  }
}

async function each (codec: CodecProcess, run: (type: MessageType<unknown>) => Promise<unknown>): Promise<void> {
  for (const type of codec.types) await run(MESSAGES.get(type) as MessageType<unknown>)
}

/** Messages of each type that go through JSON objects at both sides, before the whole count goes by text. */
const AS_JSON = 200

async function takeEach (codec: CodecProcess, type: MessageType<unknown>, count: number): Promise<void> {
  await takeJson(codec, type, AS_JSON)
  await takeRandom(codec, type, count)
}

async function giveEach (codec: CodecProcess, type: MessageType<unknown>, count: number): Promise<void> {
  await giveJson(codec, type, AS_JSON)
  await giveRandom(codec, type, count)
}

/** Their bytes for the golden fields are the golden bytes, and we read them. */
async function goldenEncode (codec: CodecProcess): Promise<void> {
  for (const { name, type, fields, header, payload } of frames) {
    const { payload: made } = await codec.ask<{ payload: string }>('encode', { type, json: fields })
    assert.equal(hex(made), payload, name)
    const { node_id, timestamp } = frameToJson(Buffer.from(header + payload, 'hex'))
    const { frame } = await codec.ask<{ frame: string }>('frame', { type, json: fields, header: { node_id, timestamp } })
    assert.equal(hex(frame), header + payload, name)
    assert.deepEqual(frameToJson(Buffer.from(frame, 'base64')).fields, fields, name)
  }
}

/** They read the golden fields out of the frames we make of them. */
async function goldenDecode (codec: CodecProcess): Promise<void> {
  for (const { name, type, fields, header, payload } of frames) {
    assert.deepEqual((await codec.ask<{ json: unknown }>('decode', { type, payload: base64(payload) })).json, fields, name)
    const read = frameToJson(Buffer.from(header + payload, 'hex'))
    const bytes = toHex(frameFromJson({ type, fields, node_id: read.node_id, timestamp: read.timestamp }))
    assert.equal(bytes, header + payload, name)
    const theirs = await codec.ask<Unframed>('unframe', { frame: base64(bytes) })
    assert.deepEqual([theirs.type, theirs.json], [type, fields], name)
    assert.deepEqual([theirs.header['checksum'], theirs.header['timestamp'], theirs.header['node_id']], [read.checksum, read.timestamp, read.node_id], name)
  }
}

/** Frames they make wrong on purpose: each side refuses them. */
async function wrongFrames (codec: CodecProcess): Promise<void> {
  const [{ type, fields: json }] = frames as [Golden]
  const wrong: ReadonlyArray<readonly [header: object, code: string]> = [
    [{ magic: '544f534f' }, 'WRONG_MAGIC'],
    [{ version: 2 }, 'INCOMPATIBLE_VERSION'],
    [{ payload_length: 48 }, 'TRAILING_BYTES'],
    [{ payload_length: 50 }, 'TRUNCATED'],
    [{ checksum: '1' }, 'CORRUPT_MESSAGE'],
    [{ message_type: 2 }, 'MESSAGE_TOO_LARGE'],
    [{ message_type: 0x21 }, 'TAG_MISMATCH'],
    [{ message_type: 0x99 }, 'UNKNOWN_TYPE']
  ]
  for (const [header, code] of wrong) {
    const { frame } = await codec.ask<{ frame: string }>('frame', { type, json, header })
    assert.throws(() => frameToJson(Buffer.from(frame, 'base64')), { code }, JSON.stringify(header))
    await assert.rejects(codec.ask('unframe', { frame }), JSON.stringify(header))
  }
}

async function damaged (codec: CodecProcess, type: MessageType<unknown>, how: { readonly count: number, readonly strict: boolean }): Promise<void> {
  const refused = await judgeDamaged(codec, type, how)
  assert.ok(refused > 0 && refused < how.count, `${type.name}: ${refused} of ${how.count} refused`)
}
