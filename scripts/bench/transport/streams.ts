import type { Libp2p, Stream } from '@libp2p/interface'

/** Size of one echoed message, bytes. */
export const MESSAGE_BYTES = 100

/**
 * Resolves when the stream takes more. The `drain` event also fires when only the socket has room and the window has none, so the
 * state is looked at again: a writer that trusts the event alone fills `maxWriteBufferLength`, and the stream is reset.
 */
export async function drained (stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) {
    await new Promise<void>((resolve, reject) => {
      const done = (): void => { stream.removeEventListener('close', failed); resolve() }
      const failed = (event: { error?: Error }): void => { stream.removeEventListener('drain', done); reject(event.error ?? new Error('closed')) }
      stream.addEventListener('drain', done, { once: true })
      stream.addEventListener('close', failed, { once: true })
    })
  }
}

/** Sends each message by itself. */
export const sendEach = (stream: Stream) => (message: Uint8Array): void => { stream.send(message) }

/** Collects what a tick produces and sends it as one. */
export function sendPerTick (stream: Stream): (message: Uint8Array) => void {
  let batch: Uint8Array[] = []
  return message => {
    if (batch.push(message) > 1) return
    process.nextTick(() => {
      const all = batch
      batch = []
      stream.send(all.length === 1 ? message : Buffer.concat(all))
    })
  }
}

/** Calls `take` with each whole message that arrives. */
export function onMessages (stream: Stream, take: (message: Uint8Array) => void): void {
  let rest: Uint8Array = new Uint8Array(0)
  stream.addEventListener('message', ({ data }) => {
    const bytes = rest.length === 0 ? data.subarray() : Buffer.concat([rest, data.subarray()])
    let at = 0
    for (; at + MESSAGE_BYTES <= bytes.length; at += MESSAGE_BYTES) take(bytes.subarray(at, at + MESSAGE_BYTES))
    rest = bytes.subarray(at)
  })
}

/** Answers `bulk` of `loads.ts`: takes a byte count (8 bytes, big-endian) and then that many bytes, and answers with one byte. */
export async function serveSink (node: Libp2p): Promise<void> {
  await node.handle('/bench/sink', stream => {
    let left = 0
    stream.addEventListener('message', ({ data }) => {
      left += data.byteLength - (left === 0 ? Number(Buffer.from(data.slice(0, 8)).readBigUInt64BE()) : 0)
      if (left === 0) stream.send(new Uint8Array(1))
    })
  })
}
