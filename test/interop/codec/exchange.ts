import assert from 'node:assert/strict'
import { decodePayload, encodePayload } from '../../../src/protocol/index.ts'
import type { MessageType } from '../../../src/protocol/index.ts'
import type { CodecProcess } from './codec-process.ts'
import { jsonText } from './json-text.ts'
import { createDice, randomOf } from './random-value.ts'

/** Messages of one request: large enough to forget the round trip, small enough that both sides work at once. */
const BATCH = 500

/** What both sides say of a batch: the JSON text of each message, and the bytes made of it. */
interface Batch { readonly texts: readonly string[], readonly payloads: readonly Uint8Array[] }
/** The same as it travels: one JSON list, payloads one after the other. A codec tells the size of each payload. */
interface Answer { readonly sizes: readonly number[], readonly parts: readonly Buffer[] }

/** What `ask` gives for each number below `count / BATCH`, one request ahead of the reader. */
async function * ahead <T> (count: number, ask: (batch: number) => Promise<T>): AsyncGenerator<T> {
  let next = ask(0)
  // its failure is reported by whoever awaits it, perhaps later
  next.catch(() => {})
  for (let batch = 1; batch <= count / BATCH; batch++) {
    const current = await next
    if (batch < count / BATCH) {
      next = ask(batch)
      next.catch(() => {})
    }
    yield current
  }
}

/** `count` messages the codec made up: we read out of its bytes what it put in, and make the same bytes of what we read. */
export async function takeRandom (codec: CodecProcess, type: MessageType<unknown>, count: number): Promise<void> {
  const text = jsonText(type.schema)
  const ask = (batch: number): Promise<Answer> => codec.askBytes('make', { type: type.name, count: BATCH, seed: batch + 1 })
  for await (const answer of ahead(count, ask)) {
    assert.equal(answer.sizes.length, BATCH)
    const values = cut(answer).map(payload => decodePayload(type, payload))
    assertSame(type, answer, { texts: values.map(text), payloads: values.map(value => encodePayload(type, value)) })
  }
}

/** `count` messages of ours: the codec reads out of our bytes what we put in, and makes the same bytes of what it read. */
export async function giveRandom (codec: CodecProcess, type: MessageType<unknown>, count: number): Promise<void> {
  const draw = randomOf(type.schema, createDice(type.name))
  const text = jsonText(type.schema)
  const ask = async (): Promise<{ ours: Batch, answer: Answer }> => {
    const values = Array.from({ length: BATCH }, draw)
    const payloads = values.map(value => encodePayload(type, value))
    const answer = codec.askBytes<Answer>('remake', { type: type.name, sizes: payloads.map(({ length }) => length) }, [Buffer.concat(payloads)])
    return { ours: { texts: values.map(text), payloads }, answer: await answer }
  }
  for await (const { ours, answer } of ahead(count, ask)) assertSame(type, answer, ours)
}

/** Payloads of a batch. */
function cut ({ sizes, parts }: Answer): Buffer[] {
  let at = 0
  const payloads = sizes.map(size => (parts[1] as Buffer).subarray(at, at += size))
  assert.equal(at, parts[1]?.length)
  return payloads
}

/** Their texts and bytes are ours. The whole batch is compared at once; only where it differs is the first such message looked for. */
function assertSame (type: MessageType<unknown>, theirs: Answer, ours: Batch): void {
  const [list, bytes] = theirs.parts as [Buffer, Buffer]
  const told = `[${ours.texts.join(',')}]`
  const same = list.toString() === told && bytes.equals(Buffer.concat(ours.payloads)) && theirs.sizes.every((size, i) => size === ours.payloads[i]?.length)
  if (same) return
  const [read, expected] = [JSON.parse(list.toString()), JSON.parse(told)] as [readonly unknown[], readonly unknown[]]
  for (const [i, payload] of cut(theirs).entries()) {
    const hex = payload.toString('hex')
    assert.deepEqual(read[i], expected[i], `${type.name} ${hex}`)
    assert.equal(hex, Buffer.from(ours.payloads[i] ?? []).toString('hex'), `${type.name} ${ours.texts[i]}`)
  }
  assert.equal(list.toString(), told, `${type.name}: the same values in another form`)
  assert.fail(`${type.name}: ${theirs.sizes.length} messages where ${ours.payloads.length} belong`)
}
