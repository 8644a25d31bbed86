import { TX_REQUEST } from '../../../protocols/index.ts'
import { encodePayload } from '../../../src/protocol/index.ts'
import { OPENABLE } from './carried.ts'
import { withHostiles } from './hostile.ts'
import type { Hostile } from './hostile.ts'

/** Within what one peer may ask at once. */
const REQUESTS = 9000
const IN_FLIGHT = 100
const PROTOCOL = OPENABLE.find(({ type }) => type === TX_REQUEST)?.protocol as string

/** Honest requests to a fresh node, so that compiled code and the working size of its heap are not taken for what an attack costs. */
export async function warmUp (address: string, network = 'devnet'): Promise<void> {
  await withHostiles(address, 1, async ([peer]) => {
    const raw = await (peer as Hostile).open(PROTOCOL.replace('/devnet/', `/${network}/`))
    const ask = (requestId: number): Uint8Array => (peer as Hostile).frame({
      type: TX_REQUEST.code, payload: encodePayload(TX_REQUEST, { requestId: BigInt(requestId), txHashes: [new Uint8Array(32).fill(requestId & 255)], includeProof: false })
    })
    for (let asked = 0; asked < REQUESTS; asked += IN_FLIGHT) {
      raw.write(Buffer.concat(Array.from({ length: IN_FLIGHT }, (_, i) => ask(asked + i))))
      for (let i = 0; i < IN_FLIGHT; i++) await raw.next()
    }
    await raw.stream.close()
  })
}
