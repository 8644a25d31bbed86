import { hash } from 'node:crypto'
import { createPlainCodec, FrameReader } from '../../../src/frame/index.ts'
import type { FrameType } from '../../../src/frame/index.ts'
import { ByteWriter } from '../../../src/wire/index.ts'
import { ratioRow } from '../harness.ts'
import type { Row } from '../harness.ts'
import { measureAll } from '../measure.ts'
import type { Effort } from '../measure.ts'

/** Payload of the frames, bytes: a bulk write. */
const PAYLOAD_BYTES = 64 * 1024

const TYPE: FrameType = { code: 0x22, maxBytes: PAYLOAD_BYTES, privacy: 'medium' }

/** Plain frames written and read in one process, against hashing the same bytes twice: what the checksums alone cost. */
export function frameRow (effort: Effort): Row {
  const node = new Uint8Array(32).fill(1)
  const codec = createPlainCodec({ local: node, remote: node, now: Date.now })
  const payload = Buffer.alloc(PAYLOAD_BYTES, 7)
  const writer = new ByteWriter(PAYLOAD_BYTES * 2)
  let read = 0
  const reader = new FrameReader({
    cap: () => PAYLOAD_BYTES,
    frame: (_type, header, body) => { read += codec.open(header, body, TYPE).length },
    unknown: () => {}
  })
  const [ours, twice] = measureAll([
    {
      name: 'frames',
      once () {
        const start = codec.begin(writer)
        const at = writer.reserve(PAYLOAD_BYTES)
        writer.bytes.set(payload, at)
        codec.finish(writer, start, TYPE)
        reader.push(writer.take())
        return read
      }
    },
    { name: 'hash twice', once: () => hash('sha3-256', payload, 'binary') + hash('sha3-256', payload, 'binary') }
  ], effort) as [number, number]
  return ratioRow('plain frame, 64 KiB, write + read', Math.round(PAYLOAD_BYTES / ours * 1e3), 'MB/s', 'hashing the bytes twice', twice / ours, 0.8)
}
