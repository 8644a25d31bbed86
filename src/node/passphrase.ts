import type { Config } from '../config/index.ts'
import { TosError } from '../errors/index.ts'
import { passphraseProblem } from '../secure/keys/index.ts'
import { readPrivateFile } from './private-file.ts'

/** The passphrase that the configuration gives, `undefined` when it gives none. Throws `CONFIG_INVALID` for a file that cannot be used. */
export function configuredPassphrase ({ keyPassphrase, passphraseFile }: Pick<Config, 'keyPassphrase' | 'passphraseFile'>): string | undefined {
  if (passphraseFile !== '') return readPassphraseFile(passphraseFile)
  return keyPassphrase === '' ? undefined : keyPassphrase
}

const HINT = 'the file holds one line, the passphrase'

/** The text of a file that others cannot read, without the line end an editor puts there. Throws `CONFIG_INVALID`; never shows the text. */
export function readPassphraseFile (path: string): string {
  const text = readPrivateFile(path, { what: 'passphrase file', code: 'CONFIG_INVALID', hint: HINT }).replace(/\r?\n$/, '')
  const problem = passphraseProblem(text)
  if (problem !== undefined) throw new TosError('CONFIG_INVALID', `the passphrase file ${path}: ${problem}`, { details: { path }, hint: HINT })
  return text
}
