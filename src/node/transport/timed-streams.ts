import type { CreateStreamOptions, MultiaddrConnection, StreamMuxer, StreamMuxerFactory, Transport, Upgrader, UpgraderWithoutEncryptionOptions } from '@libp2p/interface'
import { tellResets } from './quic-resets.ts'

/**
 * Lets the opening of a stream end with its signal. Over QUIC a new stream waits until the other side grants one, and the library waits with
 * it past every deadline: a peer that grants none would hold each request to it for as long as it stays connected.
 */
export function timedStreams<Components> (open: (components: Components) => Transport): (components: Components) => Transport {
  return components => {
    const transport = open(components)
    const dial = transport.dial.bind(transport)
    const createListener = transport.createListener.bind(transport)
    transport.dial = (address, options) => dial(address, { ...options, upgrader: timedUpgrader(options.upgrader) })
    transport.createListener = options => createListener({ ...options, upgrader: timedUpgrader(options.upgrader) })
    return transport
  }
}

function timedUpgrader (upgrader: Upgrader): Upgrader {
  return {
    upgradeInbound: (connection, options) => upgrader.upgradeInbound(connection, timedMuxers(options)),
    upgradeOutbound: (connection: MultiaddrConnection, options: UpgraderWithoutEncryptionOptions) => upgrader.upgradeOutbound(connection, timedMuxers(options)),
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters(),
    getStreamMuxers: () => upgrader.getStreamMuxers()
  }
}

function timedMuxers<O extends { readonly muxerFactory?: StreamMuxerFactory }> (options: O): O {
  const { muxerFactory: factory } = options
  if (factory === undefined) return options
  tellResets(factory)
  const create = factory.createStreamMuxer.bind(factory)
  factory.createStreamMuxer = connection => timedMuxer(create(connection))
  return options
}

/** Makes `createStream` of one muxer reject with the reason of its signal, once that is aborted. */
export function timedMuxer (muxer: StreamMuxer): StreamMuxer {
  const create = muxer.createStream.bind(muxer)
  muxer.createStream = async (options?: CreateStreamOptions) => {
    const signal = options?.signal
    if (signal === undefined) return await create(options)
    signal.throwIfAborted()
    const { promise, reject } = Promise.withResolvers<never>()
    const over = (): void => { reject(signal.reason as Error) }
    signal.addEventListener('abort', over, { once: true })
    const opening = Promise.resolve(create(options))
    try {
      return await Promise.race([opening, promise])
    } catch (error) {
      // one that is granted later is nobody's
      opening.then(stream => { stream.abort(error as Error) }, () => {})
      throw error
    } finally {
      signal.removeEventListener('abort', over)
    }
  }
  return muxer
}
