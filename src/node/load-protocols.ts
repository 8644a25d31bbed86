import { accessSync, constants } from 'node:fs'
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TosError } from '../errors/index.ts'
import type { ProtocolDefinition, StreamDefinition, TopicDefinition } from '../protocol/index.ts'

/** Anything that `createTosNode({ protocols })` mounts. */
export type AnyDefinition = ProtocolDefinition<unknown, unknown> | StreamDefinition<unknown, unknown> | TopicDefinition<unknown>

let hooked = false

/**
 * Imports protocol files (`.ts` or `.js`, from anywhere) and returns their exported definitions by export name. Inside them `tos-p2p`,
 * `tos-p2p/protocol` and `tos-p2p/wire` mean this very package, so a file needs no `node_modules` of its own.
 * Throws `FILE_UNREADABLE`, `PROTOCOL_FILE_INVALID` when a file does not load, or `INVALID_DEFINITION` when it exports no definition.
 */
export async function loadProtocols (files: readonly string[]): Promise<Record<string, AnyDefinition>> {
  if (files.length > 0) hookPackageName()
  const found: Record<string, AnyDefinition> = {}
  for (const file of files) {
    const definitions = Object.entries(await load(file)).filter((entry): entry is [string, AnyDefinition] => isDefinition(entry[1]))
    if (definitions.length === 0) throw new TosError('INVALID_DEFINITION', `${file} exports no protocol`, { hint: 'export what defineProtocol, defineTopic or defineStream returns' })
    for (const [name, definition] of definitions) {
      if (name in found) throw new TosError('DUPLICATE_PROTOCOL', `two protocol files export "${name}"`)
      found[name] = definition
    }
  }
  return found
}

async function load (file: string): Promise<object> {
  try {
    return await import(pathToFileURL(resolve(file)).href) as object
  } catch (cause) {
    if (cause instanceof TosError) throw cause
    throw loadFailure(file, cause)
  }
}

function loadFailure (file: string, cause: unknown): TosError {
  try {
    accessSync(file, constants.R_OK)
  } catch (missing) {
    return new TosError('FILE_UNREADABLE', `could not read the protocol file ${file}`, { cause: missing })
  }
  if (!(cause instanceof SyntaxError)) return new TosError('PROTOCOL_FILE_INVALID', `the protocol file ${file} failed while it was loaded`, { cause })
  const { line, code } = placeOf(cause)
  return new TosError('PROTOCOL_FILE_INVALID', `the protocol file ${file} has a syntax error${line === undefined ? '' : ` in line ${line}`}`, {
    cause,
    hint: code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' ? 'write plain types only: Node strips them, it does not compile enums, namespaces or parameter properties' : 'correct the syntax error; `node --check FILE` finds the next one'
  })
}

// V8 writes `file:///…/hello.ts:7` above the stack of a syntax error
function placeOf (error: SyntaxError & { readonly code?: string }): { readonly line: string | undefined, readonly code: string | undefined } {
  return { line: /^(?:file:)?\/.*?:(\d+)\n/.exec(error.stack ?? '')?.[1], code: error.code }
}

function isDefinition (value: unknown): value is AnyDefinition {
  return typeof value === 'object' && value !== null && 'kind' in value && 'id' in value && ['protocol', 'stream', 'topic'].includes(value.kind as string)
}

/** Entry points of this package by the name a protocol file writes. */
const ENTRIES: Readonly<Record<string, string>> = { 'tos-p2p': '../index', 'tos-p2p/protocol': '../protocol/index', 'tos-p2p/wire': '../wire/index' }

function hookPackageName (): void {
  if (hooked) return
  hooked = true
  // this file runs as .ts from a checkout and as .js from an installed package
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  registerHooks({
    resolve (specifier, context, next) {
      const entry = ENTRIES[specifier]
      return entry === undefined ? next(specifier, context) : { url: new URL(entry + extension, import.meta.url).href, shortCircuit: true }
    }
  })
}
