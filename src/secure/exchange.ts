import type { Stream } from '@libp2p/interface'
import { TosError, toTosError } from '../errors/index.ts'
import { createPlainCodec, FrameStream } from '../frame/index.ts'
import type { FrameType } from '../frame/index.ts'
import { DiallerHandshake, ListenerHandshake, M1_BYTES, M2_BYTES, M3_BYTES } from './handshake.ts'
import type { HandshakeOptions, HandshakeResult } from './handshake.ts'

/** The handshake's messages are plain frames: there are no keys yet (WIRE.md §6). */
const SESSION_1: FrameType = { code: 0x7f01, maxBytes: M1_BYTES, privacy: 'low' }
const SESSION_2: FrameType = { code: 0x7f02, maxBytes: M2_BYTES.max, privacy: 'low' }
const SESSION_3: FrameType = { code: 0x7f03, maxBytes: M3_BYTES.max, privacy: 'low' }

/** One exchange over one stream. */
export interface ExchangeOptions extends HandshakeOptions {
  readonly stream: Stream
  /** Our node id, 32 bytes. */
  readonly local: Uint8Array
  /** Unix milliseconds, for the headers and the check of the other clock. */
  readonly now: () => number
}

/** Told once: with a result, or with why there is none. */
export interface ExchangeEvents {
  /** Keys are agreed. Called in the same turn in which the last message arrived, so that no frame sealed with them can come before. */
  readonly agreed: (result: HandshakeResult) => void
  /** `brokenOff`: its stream ended, which a lost connection does to it too. */
  readonly failed: (error: TosError, brokenOff: boolean) => void
  /** Dialler: the listener has closed the stream, so it has our last message. */
  readonly confirmed?: () => void
}

/** Runs the dialler's side: M1, M2, M3. Returns the stream, for whoever loses patience. */
export function dialExchange (options: ExchangeOptions, events: ExchangeEvents): FrameStream {
  const handshake = new DiallerHandshake(options)
  let agreed = false
  const frames = openFrames(options, SESSION_2, events, () => agreed, m2 => {
    const { m3, ...result } = handshake.finish(m2)
    write(frames, SESSION_3, m3)
    frames.finish()
    agreed = true
    events.agreed(result)
  })
  if (frames.writable) write(frames, SESSION_1, handshake.m1)
  return frames
}

/** Runs the listener's side. */
export function answerExchange (options: ExchangeOptions, events: ExchangeEvents): FrameStream {
  let handshake: ListenerHandshake | undefined
  let agreed = false
  const failed = (error: TosError, brokenOff: boolean): void => {
    handshake?.erase()
    events.failed(error, brokenOff)
  }
  const frames = openFrames(options, SESSION_1, { ...events, failed }, () => agreed, payload => {
    if (handshake === undefined) {
      handshake = new ListenerHandshake(options, payload)
      write(frames, SESSION_2, handshake.m2)
      return SESSION_3
    }
    const result = handshake.finish(payload)
    handshake = undefined
    agreed = true
    events.agreed(result)
    frames.finish()
    return undefined
  })
  return frames
}

/**
 * The stream of an exchange: strictly one expected message at a time. Whatever goes wrong ends the exchange, since a handshake that is
 * half right is wrong.
 */
function openFrames ({ stream, local, remote, now }: ExchangeOptions, first: FrameType, events: ExchangeEvents, isAgreed: () => boolean, take: (payload: Uint8Array) => FrameType | undefined | void): FrameStream {
  let expected: FrameType | undefined = first
  let told = false
  const brokenOff = (error: TosError): void => {
    if (told || isAgreed()) return
    told = true
    events.failed(error, true)
  }
  // also after it is over: whoever goes on talking on this stream does not keep to the protocol
  const refuse = (error: TosError): void => {
    told = true
    events.failed(error, false)
    frames.abort(error.code, error.message)
  }
  const frames = new FrameStream(stream, createPlainCodec({ local, remote, now }), {
    type: code => [SESSION_1, SESSION_2, SESSION_3].find(type => type.code === code),
    message: (code, payload) => {
      if (isAgreed() || code !== expected?.code) { refuse(new TosError('HANDSHAKE_FAILED', `message 0x${code.toString(16)} out of turn`)); return }
      try {
        expected = take(payload) ?? undefined
      } catch (error) {
        refuse(handshakeError(error))
      }
    },
    dropped: error => { refuse(handshakeError(error)) },
    ended: () => {
      if (isAgreed()) events.confirmed?.()
      else brokenOff(new TosError('HANDSHAKE_FAILED', 'the peer ended the handshake half-way'))
    },
    closed: error => { if (!isAgreed()) brokenOff(error ?? new TosError('HANDSHAKE_FAILED', 'the handshake’s stream ended half-way')) }
  })
  return frames
}

/** A forged or damaged message of a handshake is a failed handshake: no session is broken by it, since there is none yet. */
function handshakeError (error: unknown): TosError {
  const coded = toTosError(error, 'HANDSHAKE_FAILED')
  return coded.code === 'SEAL_BROKEN' || coded.code === 'CORRUPT_MESSAGE' ? new TosError('HANDSHAKE_FAILED', coded.message, { cause: coded }) : coded
}

function write (frames: FrameStream, type: FrameType, message: Uint8Array): void {
  frames.write(type, writer => { writer.putBytes(message) })
}
