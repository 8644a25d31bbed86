import { createCipheriv, createDecipheriv, createSecretKey, hash } from 'node:crypto'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { sha3_256 } from '@noble/hashes/sha3.js'
import { HEADER_BYTES, HEADER_OFFSET } from '../../../src/frame/index.ts'
import type { FrameCodec, FrameType } from '../../../src/frame/index.ts'
import { createNodeCrypto } from '../../../src/secure/index.ts'
import { createEpoch } from '../../../src/secure/epoch.ts'
import type { Epoch } from '../../../src/secure/epoch.ts'
import { createSealedCodec, SEAL_BYTES } from '../../../src/secure/sealed-codec.ts'
import { ByteWriter } from '../../../src/wire/index.ts'

const CIPHER = 'chacha20-poly1305'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const TYPE: FrameType = { code: 0x8020, maxBytes: 1 << 20, privacy: 'low' }
const KEY = new Uint8Array(32).fill(3)
const DIALLER = new Uint8Array(32).fill(1)
const LISTENER = new Uint8Array(32).fill(2)
/** Fixed, so that all seal the same header. */
const NOW_MS = 1_750_000_000_000
/** Frames opened in turn, bytes together: a codec takes each but once, so small ones must be many. */
const WINDOW_BYTES = 8 << 20
const MAX_FRAMES = 4_096

const crypto = createNodeCrypto()

/** Frames of one stream in order, as they stand on the wire. */
interface Frames { readonly payload: Uint8Array, readonly headers: readonly Uint8Array[], readonly bodies: readonly Uint8Array[] }

/** One implementation. */
export interface FrameCandidates {
  /** Seals the payload as the next frame of a stream. */
  readonly seal: (turn: number) => unknown
  /** Opens frame `turn`, counted modulo the window. Returns the payload. */
  readonly open: (turn: number) => Uint8Array
  /** The first frame, to compare. */
  readonly frame: () => Uint8Array
}

function newEpoch (role: 'dialler' | 'listener'): Epoch {
  return createEpoch(crypto, role, 0, { c2s: KEY.slice(), s2c: KEY.slice(), exporter: KEY.slice() }, 0)
}

function newCodec (opened: boolean): FrameCodec {
  const epoch = newEpoch(opened ? 'dialler' : 'listener')
  const [local, remote] = opened ? [DIALLER, LISTENER] : [LISTENER, DIALLER]
  const host = { current: () => epoch, epoch: () => epoch, used: () => {}, joined: () => {}, broken: (error: Error) => { throw error } }
  return createSealedCodec({ host, opened, local, remote, now: () => NOW_MS })
}

function sealNext (codec: FrameCodec, writer: ByteWriter, payload: Uint8Array): void {
  writer.length = 0
  const start = codec.begin(writer)
  writer.putBytes(payload)
  codec.finish(writer, start, TYPE)
}

/** The frames of a window, sealed by the product. */
export function sealedFrames (size: number): Frames {
  const payload = new Uint8Array(size).fill(7)
  const codec = newCodec(true)
  const writer = new ByteWriter()
  const frames = Array.from({ length: Math.min(MAX_FRAMES, Math.floor(WINDOW_BYTES / size)) }, () => {
    sealNext(codec, writer, payload)
    return writer.bytes.slice(0, writer.length)
  })
  return { payload, headers: frames.map(frame => frame.slice(0, HEADER_BYTES)), bodies: frames.map(frame => frame.slice(HEADER_BYTES)) }
}

/** The product's codec on `node:crypto`. A fresh one reads each window again; that is a key import in thousands of frames, or in megabytes. */
export function codecCandidates ({ payload, headers, bodies }: Frames): FrameCandidates {
  const writer = new ByteWriter()
  const header = new Uint8Array(HEADER_BYTES)
  const sealer = newCodec(true)
  let opener = newCodec(false)
  let next = 0
  return {
    seal: () => { sealNext(sealer, writer, payload) },
    open () {
      if (next === bodies.length) { next = 0; opener = newCodec(false) }
      header.set(headers[next] as Uint8Array)
      return opener.open(header, bodies[next++] as Uint8Array, TYPE)
    },
    frame () {
      const first = new ByteWriter()
      sealNext(newCodec(true), first, payload)
      return first.bytes.slice(0, first.length)
    }
  }
}

/** The same frame on noble alone, bare primitives without the codec around them: what a browser would need at least. */
export function nobleCandidates ({ payload, headers, bodies }: Frames): FrameCandidates {
  const frame = new Uint8Array(HEADER_BYTES + payload.length + SEAL_BYTES)
  const header = frame.subarray(0, HEADER_BYTES)
  const body = frame.subarray(HEADER_BYTES)
  const nonce = (bodies[0] as Uint8Array).subarray(0, NONCE_BYTES)
  const seal = (): void => {
    header.set(headers[0] as Uint8Array)
    header.fill(0, HEADER_OFFSET.checksum, HEADER_OFFSET.checksum + 8)
    body.set(nonce)
    body.set(payload, NONCE_BYTES)
    const sealed = body.subarray(NONCE_BYTES)
    chacha20poly1305(KEY, nonce, header).encrypt(sealed.subarray(0, payload.length), sealed)
    const digest = sha3_256(body)
    for (let i = 0; i < 8; i++) header[HEADER_OFFSET.checksum + i] = digest[7 - i] as number
  }
  const scratch = new Uint8Array(HEADER_BYTES)
  return {
    seal,
    open (turn) {
      const at = turn % bodies.length
      const received = bodies[at] as Uint8Array
      scratch.set(headers[at] as Uint8Array)
      const digest = sha3_256(received)
      for (let i = 0; i < 8; i++) if (scratch[HEADER_OFFSET.checksum + i] !== digest[7 - i]) throw new Error('wrong checksum')
      scratch.fill(0, HEADER_OFFSET.checksum, HEADER_OFFSET.checksum + 8)
      return chacha20poly1305(KEY, received.subarray(0, NONCE_BYTES), scratch).decrypt(received.subarray(NONCE_BYTES))
    },
    frame () {
      seal()
      return frame
    }
  }
}

/** OpenSSL's primitives over the same bytes and nothing else: buffers at hand, the key imported, no header, no counters, no copy. */
export function limitCandidates ({ payload, headers, bodies }: Frames): Omit<FrameCandidates, 'frame'> {
  const key = createSecretKey(KEY)
  const options = { authTagLength: TAG_BYTES } as const
  // all frames have the same one, but for the checksum, which is not sealed
  const header = Uint8Array.from(headers[0] as Uint8Array).fill(0, HEADER_OFFSET.checksum, HEADER_OFFSET.checksum + 8)
  const body = bodies[0] as Uint8Array
  const nonce = body.subarray(0, NONCE_BYTES)
  return {
    seal () {
      const cipher = createCipheriv(CIPHER, key, nonce, options)
      cipher.setAAD(header, { plaintextLength: payload.length })
      const sealed = cipher.update(payload)
      cipher.final()
      return [sealed, cipher.getAuthTag(), hash('sha3-256', body, 'binary')]
    },
    open (turn) {
      const received = bodies[turn % bodies.length] as Uint8Array
      hash('sha3-256', received, 'binary')
      const end = received.length - TAG_BYTES
      const decipher = createDecipheriv(CIPHER, key, received.subarray(0, NONCE_BYTES), options)
      decipher.setAAD(header, { plaintextLength: end - NONCE_BYTES })
      decipher.setAuthTag(received.subarray(end))
      const opened = decipher.update(received.subarray(NONCE_BYTES, end))
      decipher.final()
      return opened
    }
  }
}
