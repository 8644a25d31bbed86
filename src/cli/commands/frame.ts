import { TosError, toTosError } from '../../errors/index.ts'
import { fromHex, toHex } from '../../wire/index.ts'
import type { Cli, CommandModule } from '../cli.ts'
import { hexArgument } from '../hex-argument.ts'
import { table } from '../output.ts'
import { prettyJson } from '../pretty-json.ts'
import { readAll, readLines, tooLong } from '../read-lines.ts'

type Translate = (text: string) => unknown

/** `tosd frame decode|encode|types`: the wire format by hand, codec rules only. */
export const frameCommand: CommandModule = (parent, cli) => {
  const frame = parent.command('frame').description('encode and decode frames by hand; `frame types` tells what there is and `frame types NAME` prints a JSON object to fill in')
  frame.command('decode').argument('[hex]', 'one frame in hex; "-": one a line from standard input')
    .description('print type, node_id, timestamp, checksum and fields of a plain frame')
    .option('--spec-record-key <file>', 'the input is not a frame but a record of the specification\'s own SecureChannel (insecure, for compatibility); the file holds its shared secret in hex')
    .action(async (hex: string | undefined, { specRecordKey }: { specRecordKey?: string }) => {
      if (specRecordKey !== undefined) {
        const { readSpecKey, specRecordToJson } = await import('../spec-record-json.ts')
        const key = readSpecKey(specRecordKey)
        return await translate(cli, hex, line => specRecordToJson(key, line))
      }
      const { frameToJson } = await import('../frame-json.ts')
      await translate(cli, hex, line => frameToJson(fromHex(hexArgument(line))))
    })
  frame.command('encode').argument('[json]', 'one object {type, node_id, timestamp, fields}; "-": one a line from standard input')
    .description('print a plain frame in hex; `frame types NAME` prints an object to begin with')
    .action(async (json?: string) => {
      const { frameFromJson } = await import('../frame-json.ts')
      await translate(cli, json, line => ({ hex: toHex(frameFromJson(parse(line))) }))
    })
  frame.command('types').argument('[name]', 'a message type, e.g. PING').description('list all message types; with a name its fields and a JSON object that `frame encode` accepts')
    .action(async (name?: string) => name === undefined ? await listTypes(cli) : await showType(cli, name))
}

async function listTypes (cli: Cli): Promise<void> {
  const { carriersOf, MESSAGE_TYPES } = await import('../message-types.ts')
  const rows = MESSAGE_TYPES.map(type => ({ name: type.name, code: codeOf(type), tag: type.tag ?? null, carriers: carriersOf(type), minBytes: type.minBytes, maxBytes: type.maxBytes }))
  if (cli.out.json) for (const row of rows) await cli.out.data(row, () => '')
  else {
    await cli.out.data(rows, () => table(['CODE', 'TAG', 'NAME', 'CAP', 'CARRIER'], rows.map(({ name, code, tag, carriers, maxBytes }) => [code, String(tag ?? '-'), name, String(maxBytes), carriers.join(', ')])) + '\n\nthese ids carry sealed frames; with --plain also /tos/{net}/plain/… with plain ones')
  }
}

async function showType (cli: Cli, name: string): Promise<void> {
  const [{ findType }, { carriersOf }, { fieldsOf, templateOf }] = await Promise.all([import('../frame-json.ts'), import('../message-types.ts'), import('../frame-template.ts')])
  const type = findType(/^0x[0-9a-f]+$/i.test(name) ? Number(name) : name.toUpperCase())
  const [fields, template] = [fieldsOf(type), templateOf(type)]
  const facts = { name: type.name, code: codeOf(type), tag: type.tag ?? null, carriers: carriersOf(type), minBytes: type.minBytes, maxBytes: type.maxBytes }
  await cli.out.data({ ...facts, fields, template }, () => [
    `${type.name}  code ${facts.code}, ${type.tag === undefined ? 'no tag' : `tag ${type.tag}`}, ${type.minBytes} to ${type.maxBytes} bytes`,
    ...facts.carriers.map(carrier => `  ${carrier}`), '',
    table(['FIELD', 'WIRE', 'JSON'], fields.map(({ field, wire, json }) => [field, wire, json])), '',
    'to fill in, for `tosd frame encode`; further rules stand in protocols/README.md:', prettyJson(template)
  ].join('\n'))
}

function codeOf ({ code }: { readonly code: number }): string {
  return `0x${code.toString(16).padStart(2, '0')}`
}

async function translate (cli: Cli, argument: string | undefined, convert: Translate): Promise<void> {
  if (argument === '-') return await translateLines(cli, convert)
  try {
    await answer(cli, convert((argument ?? await readAll(cli.stdin)).trim()))
  } catch (error) {
    await refuse(cli, error)
    cli.exit(1)
  }
}

// one answer a line, whatever stands there: a script counts on it
async function translateLines (cli: Cli, convert: Translate): Promise<void> {
  let answers = 0
  let bad = 0
  for await (const line of readLines(cli.stdin, { signal: cli.signal })) {
    answers++
    try {
      if (line === undefined) throw tooLong()
      if (line.trim() === '') throw new TosError('TRUNCATED', 'the line is empty')
      await answer(cli, convert(line.trim()))
    } catch (error) {
      bad++
      await refuse(cli, error)
    }
  }
  // among others a bad frame is an answer; alone it is a failure
  if (answers === 1 && bad === 1) cli.exit(1)
}

async function answer (cli: Cli, value: unknown): Promise<void> {
  await cli.out.data(value, () => isHex(value) ? value.hex : prettyJson(value))
}

async function refuse (cli: Cli, error: unknown): Promise<void> {
  const { code, message } = toTosError(error)
  if (code === 'INTERNAL') throw error
  await cli.out.data({ code, message }, () => `${code}: ${message.replace(/\s+/g, ' ')}`)
}

function isHex (value: unknown): value is { hex: string } {
  return typeof value === 'object' && value !== null && 'hex' in value
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TosError('INVALID_VALUE', `not JSON: ${(error as Error).message}`)
  }
}
