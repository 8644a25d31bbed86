import type { MessageType } from '../protocol/index.ts'
import { snake } from '../wire/index.ts'
import type { Schema } from '../wire/index.ts'

/** One field of a message as the table of `frame types NAME` shows it. */
export interface FieldDoc {
  /** Names as the JSON form has them: `query.by_height.start`, `peers[].port`. */
  readonly field: string
  /** Type on the wire, in the words of protocols/README.md. */
  readonly wire: string
  /** What stands in the JSON form. */
  readonly json: string
}

/** Smallest values that the rules of a type accept where zero, empty and false are refused: rules cannot be read from a shape. */
const EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  PEER_EXCHANGE: { max_peers: 16 },
  BLOCK_REQUEST: { max_items: 1 },
  GOODBYE: { reason: 1 }
}

/** Every field of a message, nested ones below the one that holds them. */
export function fieldsOf ({ schema }: MessageType<unknown>): FieldDoc[] {
  return [...walk(schema, '')].filter(({ field }) => field !== '')
}

/** A frame that `frame encode` accepts: every field at its smallest value. */
export function templateOf ({ name, schema }: MessageType<unknown>): { readonly type: string, readonly node_id: string, readonly timestamp: string, readonly fields: object } {
  return { type: name, node_id: '00'.repeat(32), timestamp: '1700000000', fields: { ...least(schema) as object, ...EXAMPLES[name] } }
}

function * walk ({ shape }: Schema<unknown>, field: string): Generator<FieldDoc> {
  switch (shape.kind) {
    case 'u8': case 'u16': case 'u32': yield { field, wire: shape.kind, json: `number, 0 to ${2 ** Number(shape.kind.slice(1)) - 1}` }; break
    case 'u64': yield { field, wire: 'u64', json: 'decimal string, 0 to 18446744073709551615' }; break
    case 'i64': yield { field, wire: 'i64', json: 'decimal string, -9223372036854775808 to 9223372036854775807' }; break
    case 'bool': yield { field, wire: 'bool', json: 'true or false' }; break
    case 'bytes': yield { field, wire: `[${shape.length}]`, json: `${shape.length * 2} hex digits` }; break
    case 'blob': yield { field, wire: `bytes ≤ ${shape.max}`, json: 'hex' }; break
    case 'string': yield { field, wire: `text ≤ ${shape.max}`, json: 'string without control characters' }; break
    case 'vec':
      yield { field, wire: `list ≤ ${shape.max}`, json: shape.min === 0 ? 'list' : `list of ${shape.min} or more` }
      yield * walk(shape.item, `${field}[]`)
      break
    case 'option':
      yield { field, wire: 'option', json: 'null, or a value:' }
      yield * walk(shape.item, field)
      break
    case 'struct':
      if (field !== '') yield { field, wire: 'struct', json: 'object' }
      for (const [name, inner] of Object.entries(shape.fields)) yield * walk(inner, field === '' ? snake(name) : `${field}.${snake(name)}`)
      break
    case 'union':
      yield { field, wire: 'enum', json: Object.entries(shape.variants).map(([name, inner]) => inner === null ? `"${snake(name)}"` : `{ "${snake(name)}": … }`).join(' or ') }
      for (const [name, inner] of Object.entries(shape.variants)) if (inner !== null) yield * walk(inner, `${field}.${snake(name)}`)
  }
}

function least ({ shape }: Schema<unknown>): unknown {
  switch (shape.kind) {
    case 'u8': case 'u16': case 'u32': return 0
    case 'u64': case 'i64': return '0'
    case 'bool': return false
    case 'bytes': return '00'.repeat(shape.length)
    case 'blob': case 'string': return ''
    case 'vec': return Array.from({ length: shape.min }, () => least(shape.item))
    case 'option': return null
    case 'struct': return Object.fromEntries(Object.entries(shape.fields).map(([name, inner]) => [snake(name), least(inner)]))
    case 'union': {
      const [name, inner] = Object.entries(shape.variants)[0] as [string, Schema<unknown> | null]
      return inner === null ? snake(name) : { [snake(name)]: least(inner) }
    }
  }
}
