import { randomBytes } from 'node:crypto'
import assert from 'node:assert/strict'
import { overPairs } from './cell.ts'
import type { Known } from './cell.ts'
import type { PeerConfig } from './peer-config.ts'
import { assertConnection, assertEcho, assertIdentity, dial } from './steps.ts'
import type { PeerKind } from './toolchain.ts'

/** A way to connect, proven in both directions over all peers. */
export interface TransportScenario {
  readonly scenario: string
  readonly config: PeerConfig
  /** Holds for the listener's addresses of this transport. */
  readonly address: RegExp
  /** What both ends must name; transports that bring their own encryption name none. */
  readonly security?: RegExp
  readonly muxer?: RegExp
  readonly peers?: readonly PeerKind[]
  readonly except?: Readonly<Partial<Record<PeerKind, Known>>>
}

/** Bytes that no single frame or packet carries. */
const ECHO_BYTES = 300_000

/** Connect, ping and identify from both ends, and an echo of more than one frame each way. */
export function proveTransport ({ address, security, muxer, ...scenario }: TransportScenario): void {
  void overPairs({
    ...scenario,
    async run (dialler, listener) {
      await dial(dialler, listener, addr => address.test(addr))
      const data = randomBytes(ECHO_BYTES)
      for (const [one, other] of [[dialler, listener], [listener, dialler]] as const) {
        await assertConnection(one, other, { ...(security === undefined ? {} : { security }), ...(muxer === undefined ? {} : { muxer }) })
        const { rttMs } = await one.ask<{ readonly rttMs: number }>('ping', { peer: other.peerId })
        assert.ok(rttMs >= 0)
        await assertIdentity(one, other)
        await assertEcho(one, other, data)
      }
    }
  })
}
