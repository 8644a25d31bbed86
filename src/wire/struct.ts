import { TosError } from '../errors/index.ts'
import type { ByteReader } from './reader.ts'
import type { Infer, Schema } from './schema.ts'
import type { ByteWriter } from './writer.ts'

type StructOf<F> = { [K in keyof F]: Infer<F[K]> }
type Field = Schema<unknown>
type Facts = Record<string, unknown>

/** Fields in the order written, without padding. `struct({ nonce: u64 })` carries `{ nonce: bigint }`. */
export function struct<const F extends Readonly<Record<string, Field>>> (fields: F): Schema<StructOf<F>> {
  const schemas = Object.values(fields)
  const write = writeFields(Object.keys(fields), schemas.map(schema => schema.write))
  return {
    shape: { kind: 'struct', fields },
    minBytes: schemas.reduce((sum, schema) => sum + schema.minBytes, 0),
    maxBytes: schemas.reduce((sum, schema) => sum + schema.maxBytes, 0),
    write (w, value) {
      if (typeof value !== 'object' || value === null) throw new TosError('INVALID_VALUE', `${String(value)} is not an object`)
      write(w, value as Facts)
    },
    read: readFields(Object.keys(fields), schemas.map(schema => schema.read)) as (r: ByteReader) => StructOf<F>
  }
}

// One property access per line, each with its own inline cache, is a third faster than a loop whose single access sees every
// name. Most structs have at most six fields; a loop takes what is left.

function writeFields (names: readonly string[], writes: ReadonlyArray<Field['write']>): (w: ByteWriter, value: Facts) => void {
  const count = names.length
  const [n0, n1, n2, n3, n4, n5] = names as [string, string, string, string, string, string]
  const [w0, w1, w2, w3, w4, w5] = writes as [Field['write'], Field['write'], Field['write'], Field['write'], Field['write'], Field['write']]
  return (w, value) => {
    if (count === 0) return
    w0(w, value[n0])
    if (count === 1) return
    w1(w, value[n1])
    if (count === 2) return
    w2(w, value[n2])
    if (count === 3) return
    w3(w, value[n3])
    if (count === 4) return
    w4(w, value[n4])
    if (count === 5) return
    w5(w, value[n5])
    for (let i = 6; i < count; i++) (writes[i] as Field['write'])(w, value[names[i] as string])
  }
}

function readFields (names: readonly string[], reads: ReadonlyArray<Field['read']>): (r: ByteReader) => Facts {
  const count = names.length
  const [n0, n1, n2, n3, n4, n5] = names as [string, string, string, string, string, string]
  const [r0, r1, r2, r3, r4, r5] = reads as [Field['read'], Field['read'], Field['read'], Field['read'], Field['read'], Field['read']]
  return r => {
    const out: Facts = {}
    if (count === 0) return out
    out[n0] = r0(r)
    if (count === 1) return out
    out[n1] = r1(r)
    if (count === 2) return out
    out[n2] = r2(r)
    if (count === 3) return out
    out[n3] = r3(r)
    if (count === 4) return out
    out[n4] = r4(r)
    if (count === 5) return out
    out[n5] = r5(r)
    for (let i = 6; i < count; i++) out[names[i] as string] = (reads[i] as Field['read'])(r)
    return out
  }
}
