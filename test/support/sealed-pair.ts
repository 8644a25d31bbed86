import type { TosError } from '../../src/errors/index.ts'
import { HEADER_BYTES } from '../../src/frame/index.ts'
import type { FrameCodec, FrameType } from '../../src/frame/index.ts'
import { createEpoch } from '../../src/secure/epoch.ts'
import type { Epoch, SessionRole } from '../../src/secure/epoch.ts'
import type { ApplicationKeys } from '../../src/secure/key-schedule.ts'
import { createNodeCrypto } from '../../src/secure/node-crypto.ts'
import { createSealedCodec } from '../../src/secure/sealed-codec.ts'
import { ByteWriter } from '../../src/wire/index.ts'
import { ALICE, BOB, NOW_MS } from './frames.ts'

/** One end of a sealed connection without a network: its keys by epoch, and what it said of forgeries. */
export interface SealedEnd {
  readonly role: SessionRole
  /** Keys by epoch; the newest is current. */
  readonly epochs: Map<number, Epoch>
  /** Why this end wants the connection closed. */
  readonly broken: TosError[]
  readonly used: { frames: number }
  /** The codec of a stream that this end opened, or that the other one did. */
  stream (opened: boolean, firstCounter?: bigint): FrameCodec
}

/** Both ends of one connection; ALICE dialled. */
export interface SealedPair { readonly dialler: SealedEnd, readonly listener: SealedEnd }

const crypto = createNodeCrypto()
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)

/** `connection` tells the keys of one connection from those of another. */
export function sealedPair ({ connection = 1, epochs = [0], now = () => NOW_MS }: { connection?: number, epochs?: readonly number[], now?: () => number } = {}): SealedPair {
  const keys = (epoch: number): ApplicationKeys => ({ c2s: key(connection * 8 + epoch), s2c: key(128 + connection * 8 + epoch), exporter: key(255) })
  const end = (role: SessionRole): SealedEnd => {
    const held = new Map(epochs.map(number => [number, createEpoch(crypto, role, number, keys(number), 0)]))
    const broken: TosError[] = []
    const used = { frames: 0 }
    const [local, remote] = role === 'dialler' ? [ALICE, BOB] : [BOB, ALICE]
    const host = {
      current: () => held.get(Math.max(...held.keys())) as Epoch,
      epoch: (number: number) => held.get(number),
      used: () => { used.frames++ },
      joined () {},
      broken: (error: TosError) => { broken.push(error) }
    }
    return { role, epochs: held, broken, used, stream: (opened, firstCounter) => createSealedCodec({ host, opened, local, remote, now, ...(firstCounter === undefined ? {} : { firstCounter }) }) }
  }
  return { dialler: end('dialler'), listener: end('listener') }
}

/** A payload sealed as one frame. */
export function seal (codec: FrameCodec, type: FrameType, payload: Uint8Array = Uint8Array.of(1, 2, 3)): Uint8Array {
  const writer = new ByteWriter()
  const start = codec.begin(writer)
  writer.putBytes(payload)
  codec.finish(writer, start, type)
  return writer.take()
}

/** What the frame holds; the frame itself stays as it is. */
export function open (codec: FrameCodec, frame: Uint8Array, type: FrameType): Uint8Array {
  const copy = Uint8Array.from(frame)
  return codec.open(copy.subarray(0, HEADER_BYTES), copy.subarray(HEADER_BYTES), type)
}
