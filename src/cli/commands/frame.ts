import { createInterface } from 'node:readline'
import { text as readText } from 'node:stream/consumers'
import { TosError, toTosError } from '../../errors/index.ts'
import { fromHex, toHex } from '../../wire/index.ts'
import type { Cli, CommandModule } from '../cli.ts'

type Translate = (text: string) => unknown

/** `tosd frame decode|encode`: the wire format by hand, codec rules only. */
export const frameCommand: CommandModule = (parent, cli) => {
  const frame = parent.command('frame').description('encode and decode frames by hand')
  frame.command('decode').argument('[hex]', 'one frame in hex; "-": one a line from standard input')
    .description('print type, node_id, timestamp, checksum and fields of a plain frame')
    .action(async (hex?: string) => {
      const { frameToJson } = await import('../frame-json.ts')
      await translate(cli, hex, line => frameToJson(fromHex(line)))
    })
  frame.command('encode').argument('[json]', 'one object {type, node_id, timestamp, fields}; "-": one a line from standard input')
    .description('print a plain frame in hex')
    .action(async (json?: string) => {
      const { frameFromJson } = await import('../frame-json.ts')
      await translate(cli, json, line => ({ hex: toHex(frameFromJson(parse(line))) }))
    })
}

async function translate (cli: Cli, argument: string | undefined, convert: Translate): Promise<void> {
  if (argument === '-') return await translateLines(cli, convert)
  const given = argument ?? await readText(cli.stdin)
  try {
    await answer(cli, convert(given.trim()))
  } catch (error) {
    await refuse(cli, error)
    cli.exit(1)
  }
}

async function translateLines (cli: Cli, convert: Translate): Promise<void> {
  let answers = 0
  let bad = 0
  for await (const line of createInterface({ input: cli.stdin, crlfDelay: Infinity, signal: cli.signal })) {
    if (line.trim() === '') continue
    answers++
    try {
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
  await cli.out.data(value, () => isHex(value) ? value.hex : JSON.stringify(value, undefined, 2))
}

async function refuse (cli: Cli, error: unknown): Promise<void> {
  const { code, message } = toTosError(error)
  if (code === 'INTERNAL') throw error
  await cli.out.data({ code, message }, () => `${code}: ${message}`)
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
