import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { TosError } from '../errors/index.ts'

const userId = (): number => process.getuid?.() ?? 0
const nameOf = (uid: number): string => `tosd-${uid}`

/** Where admin sockets lie whose usual name is too long: `XDG_RUNTIME_DIR`, which is the user's alone, else a folder of ours in the shared one. */
export function socketFolder (env: Readonly<Record<string, string | undefined>> = process.env): string {
  const runtime = env['XDG_RUNTIME_DIR'] ?? ''
  return isAbsolute(runtime) ? runtime : join(env['TMPDIR'] ?? tmpdir(), nameOf(userId()))
}

/** Makes the folder of `socket`, mode 0700, when it is the one in the shared folder. Throws `LISTEN_FAILED` when it is not ours. */
export function claimSocketFolder (socket: string, uid: number = userId()): void {
  const folder = dirname(socket)
  if (basename(folder) !== nameOf(uid)) return
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw new TosError('LISTEN_FAILED', `cannot make the folder of the admin socket ${socket}`, { cause, details: { path: socket }, hint: 'choose another --admin-socket' })
  }
  const wrong = whatIsWrong(socket, uid)
  if (wrong !== undefined) throw new TosError('LISTEN_FAILED', wrong, { details: { path: socket }, hint: 'choose another --admin-socket' })
}

/**
 * Why a socket in the shared folder cannot be trusted, from either side: its name can be foretold, so another user may have made the
 * folder first. `undefined` for a good one, for one that is not there, and for any other place, which the operator chose.
 */
export function whatIsWrong (socket: string, uid: number = userId()): string | undefined {
  const folder = dirname(socket)
  if (basename(folder) !== nameOf(uid)) return undefined
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  if (!found.isDirectory()) return `${folder} is not a folder`
  if (found.uid !== uid) return `${folder} belongs to another user`
  return (found.mode & 0o077) === 0 ? undefined : `others may enter ${folder} (mode ${(found.mode & 0o777).toString(8)})`
}
