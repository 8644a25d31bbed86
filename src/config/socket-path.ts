import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** Unix socket names end at 108 bytes on Linux and 104 on macOS, the closing zero included. */
const MAX_BYTES = 100

/** `admin.sock` in the data directory, or a short name that follows from it in `socketDir` when the path is too long for a socket. */
export function socketPath (dataDir: string, socketDir: string): string {
  const path = join(dataDir, 'admin.sock')
  if (Buffer.byteLength(path) <= MAX_BYTES) return path
  return join(socketDir, `tosd-${createHash('sha256').update(path).digest('hex').slice(0, 16)}.sock`)
}
