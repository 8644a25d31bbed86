import { TosError } from '../errors/index.ts'
import { readSites } from './read-sites.ts'
import type { ByteReader } from './reader.ts'
import type { Infer, Schema } from './schema.ts'
import { writeSites } from './write-sites.ts'
import type { ByteWriter } from './writer.ts'

type StructOf<F> = { [K in keyof F]: Infer<F[K]> }
type Facts = Record<string, unknown>
type Eight<T> = readonly [T, T, T, T, T, T, T, T]

export type StructRead = (r: ByteReader) => Facts
export type StructWrite = (w: ByteWriter, value: Facts) => void
/** Field names in order; of a shorter struct only the first ones are looked at. */
export type FieldNames = Eight<string>
export type Reads = Eight<Schema<unknown>['read']>
export type Writes = Eight<Schema<unknown>['write']>

/** How many sites of each length are taken. */
const taken: number[] = []

/** Fields in the order written, without padding. `struct({ nonce: u64 })` carries `{ nonce: bigint }`. */
export function struct<const F extends Readonly<Record<string, Schema<unknown>>>> (fields: F): Schema<StructOf<F>> {
  const names = Object.keys(fields)
  const schemas = Object.values(fields)
  const { read, write } = implement(names, schemas)
  return {
    shape: { kind: 'struct', fields },
    minBytes: schemas.reduce((sum, schema) => sum + schema.minBytes, 0),
    maxBytes: schemas.reduce((sum, schema) => sum + schema.maxBytes, 0),
    write (w, value) {
      if (typeof value !== 'object' || value === null) throw new TosError('INVALID_VALUE', `${String(value)} is not an object`)
      write(w, value as Facts)
    },
    read: read as (r: ByteReader) => StructOf<F>
  }
}

function implement (names: readonly string[], schemas: ReadonlyArray<Schema<unknown>>): { read: StructRead, write: StructWrite } {
  const count = names.length
  const site = taken[count] ?? 0
  taken[count] = site + 1
  const readSite = readSites[count]?.[site]
  const writeSite = writeSites[count]?.[site]
  const reads = schemas.map(schema => schema.read)
  const writes = schemas.map(schema => schema.write)
  return {
    read: readSite === undefined ? readAny(names, reads) : readSite(names as unknown as FieldNames, reads as unknown as Reads),
    write: writeSite === undefined ? writeAny(names, writes) : writeSite(names as unknown as FieldNames, writes as unknown as Writes)
  }
}

function readAny (names: readonly string[], reads: ReadonlyArray<Schema<unknown>['read']>): StructRead {
  return r => {
    const out: Facts = {}
    for (let i = 0; i < names.length; i++) out[names[i] as string] = (reads[i] as Schema<unknown>['read'])(r)
    return out
  }
}

function writeAny (names: readonly string[], writes: ReadonlyArray<Schema<unknown>['write']>): StructWrite {
  return (w, value) => {
    for (let i = 0; i < names.length; i++) (writes[i] as Schema<unknown>['write'])(w, value[names[i] as string])
  }
}
