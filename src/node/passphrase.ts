import { readFileSync, statSync } from 'node:fs'
import type { Config } from '../config/index.ts'
import { TosError } from '../errors/index.ts'
import { passphraseProblem } from '../secure/keys/index.ts'

/** Most bytes a passphrase file has; more is some other file. */
const MAX_FILE = 4096

/** The passphrase that the configuration gives, `undefined` when it gives none. Throws `CONFIG_INVALID` for a file that cannot be used. */
export function configuredPassphrase ({ keyPassphrase, passphraseFile }: Pick<Config, 'keyPassphrase' | 'passphraseFile'>): string | undefined {
  if (passphraseFile !== '') return readPassphraseFile(passphraseFile)
  return keyPassphrase === '' ? undefined : keyPassphrase
}

/** The text of a file that others cannot read, without the line end an editor puts there. Throws `CONFIG_INVALID`; never shows the text. */
export function readPassphraseFile (path: string): string {
  let bytes: Buffer
  try {
    const { mode, size } = statSync(path)
    if ((mode & 0o077) !== 0) throw unusable(path, `others may read the passphrase file ${path} (mode ${(mode & 0o777).toString(8)})`, `chmod 600 ${path}`)
    if (size > MAX_FILE) throw unusable(path, `${path} is too long for a passphrase file`)
    bytes = readFileSync(path)
  } catch (error) {
    if (error instanceof TosError) throw error
    throw new TosError('CONFIG_INVALID', `cannot read the passphrase file ${path}`, { cause: error, details: { path }, hint: 'check the path and its permissions' })
  }
  const text = bytes.toString('utf8').replace(/\r?\n$/, '')
  const problem = passphraseProblem(text)
  if (problem !== undefined) throw unusable(path, `the passphrase file ${path}: ${problem}`)
  return text
}

function unusable (path: string, message: string, hint = 'the file holds one line, the passphrase'): TosError {
  return new TosError('CONFIG_INVALID', message, { details: { path }, hint })
}
