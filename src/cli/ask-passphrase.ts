import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Readable } from 'node:stream'
import { TosError } from '../errors/index.ts'

/** A terminal to ask on. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly output: Writable
  /** Ends the question. */
  readonly signal: AbortSignal
}

/** Asks for a passphrase and does not echo it; `undefined` when nobody sits there. Throws `ABORTED` on Ctrl-C and Ctrl-D. */
export async function askPassphrase (question: string, { input, output, signal }: Terminal): Promise<string | undefined> {
  if (input.isTTY !== true) return undefined
  // the line editor writes what is typed into this, and nobody reads it
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const editor = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  const left = new AbortController()
  editor.once('SIGINT', () => left.abort())
  editor.once('close', () => left.abort())
  output.write(question)
  try {
    return await editor.question('', { signal: AbortSignal.any([left.signal, signal]) })
  } catch (error) {
    throw new TosError('ABORTED', 'no passphrase was given', { cause: (error as Error).name })
  } finally {
    editor.close()
    output.write('\n')
  }
}

/** Asks twice, so that a slip of the finger does not lock a key for ever. Throws `USAGE` when the two differ or are empty. */
export async function askNewPassphrase (terminal: Terminal): Promise<string | undefined> {
  const first = await askPassphrase('new passphrase: ', terminal)
  if (first === undefined) return undefined
  if (first === '') throw new TosError('USAGE', 'the passphrase is empty', { hint: 'nothing was written' })
  if (await askPassphrase('once more: ', terminal) !== first) throw new TosError('USAGE', 'the two passphrases differ', { hint: 'nothing was written' })
  return first
}
