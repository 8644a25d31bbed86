import type { Suite } from './harness.ts'
import { bulkRows } from './session/bulk.ts'
import { frameRows } from './session/frames.ts'
import { handshakeRows } from './session/handshakes.ts'
import { sealedRequestRows } from './session/requests.ts'
import { roundTripRows } from './session/round-trips.ts'

/** Sealed sessions: what a handshake costs, what sealing costs, and how far the cryptography itself allows. */
export const suite: Suite = {
  name: 'session',
  describe: 'handshakes per second, and sealed requests, bulk and frames against plain, stock, noble and OpenSSL',
  async run (context) {
    return [
      ...await handshakeRows(context),
      ...await roundTripRows(context),
      ...await sealedRequestRows(context),
      ...await bulkRows(context),
      // last: noble in the same process would make the calls of all others less uniform
      ...frameRows(context)
    ]
  }
}
