import type { Connection, PeerId, Stream } from '@libp2p/interface'
import type { FrameCodec } from '../../src/frame/index.ts'
import { plainCarriers } from '../../src/protocol/index.ts'
import type { Carriers } from '../../src/protocol/index.ts'
import { NOW_MS } from './frames.ts'

/** A stream that asks for its codec, and the means to give or refuse it. */
export interface Asking {
  readonly stream: Stream
  readonly connection: Connection
  give (): void
  refuse (error: unknown): void
}

/** Carriers whose sessions are a test's to set up: plain frames under the protocol's own id, once the test says so. */
export function lateCarriers (isLate: (local: PeerId) => boolean): { carriers: Carriers, asking: Asking[] } {
  const asking: Asking[] = []
  const plain = plainCarriers(() => NOW_MS)
  return {
    asking,
    carriers: id => plain(id).map(carrier => ({
      id: carrier.id,
      codec (stream, connection, local) {
        const codec = carrier.codec(stream, connection, local) as FrameCodec
        if (!isLate(local)) return codec
        const { promise, resolve, reject } = Promise.withResolvers<FrameCodec>()
        asking.push({ stream, connection, give: () => { resolve(codec) }, refuse: reject })
        return promise
      }
    }))
  }
}

/** Carriers whose codecs grow old together: those made before the last `age()` are stale. */
export function agingCarriers (): { carriers: Carriers, age: () => void } {
  let epoch = 0
  const plain = plainCarriers(() => NOW_MS)
  return {
    age: () => { epoch++ },
    carriers: id => plain(id).map(carrier => ({
      id: carrier.id,
      codec (stream, connection, local) {
        const born = epoch
        return Object.defineProperty({ ...carrier.codec(stream, connection, local) as FrameCodec }, 'stale', { get: () => born !== epoch }) as FrameCodec
      }
    }))
  }
}
