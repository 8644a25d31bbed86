import { readFileSync, statSync } from 'node:fs'
import { TosError } from '../errors/index.ts'
import type { TosErrorCode } from '../errors/index.ts'

/** Most bytes of a file that holds one secret; more is some other file. */
const MAX_FILE = 4096

/** What a file of one secret is, and the code of every refusal. */
export interface PrivateFile {
  /** In the sentence, e.g. `passphrase file`. */
  readonly what: string
  readonly code: TosErrorCode
  readonly hint: string
}

/** The text of a small file that only its owner can read. Throws `code`; never shows the text. */
export function readPrivateFile (path: string, { what, code, hint }: PrivateFile): string {
  const refuse = (message: string, advice = hint, cause?: unknown): TosError => new TosError(code, message, { details: { path }, hint: advice, ...(cause === undefined ? {} : { cause }) })
  try {
    const { mode, size } = statSync(path)
    if ((mode & 0o077) !== 0) throw refuse(`others may read the ${what} ${path} (mode ${(mode & 0o777).toString(8)})`, `chmod 600 ${path}`)
    if (size > MAX_FILE) throw refuse(`${path} is too long for a ${what}`)
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof TosError) throw error
    throw refuse(`cannot read the ${what} ${path}`, 'check the path and its permissions', error)
  }
}
