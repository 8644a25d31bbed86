import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import { createPlainCodec, HEADER_BYTES } from '../frame/index.ts'
import type { Kernel, TopicDefinition } from '../protocol/index.ts'
import { decodePayload, topicId, writePayload } from '../protocol/index.ts'
import { ByteWriter } from '../wire/index.ts'
export interface TopicService<T> { publish (value: T): Promise<void>, start (): Promise<void>, stop (): Promise<void>, afterStart (): Promise<void>, beforeStop (): Promise<void>, dump (): Record<string, number> }
export function mountTopic<T> (kernel: Kernel, def: TopicDefinition<T>): (components: unknown) => TopicService<T> {
  const topic = topicId(def, kernel.network)
  const zero = new Uint8Array(32)
  const codec = createPlainCodec({ local: zero, remote: zero, now: () => 0 })
  return components => {
    const pubsub = (components as { pubsub: GossipSub }).pubsub
    return {
      async publish (value) {
        const w = new ByteWriter(); const s = codec.begin(w); writePayload(def.message, value, w); codec.finish(w, s, def.message.code)
        await pubsub.publish(topic, w.take())
      },
      async start () {}, async afterStart () {
        pubsub.topicValidators.set(topic, async (peer, message) => {
          try {
            const value = decodePayload(def.message, codec.open(message.data.subarray(0, HEADER_BYTES), message.data.subarray(HEADER_BYTES)))
            const verdict = await def.validate(value, { peer: peer.toString(), signal: AbortSignal.timeout(5000) })
            return verdict === 'accept' ? TopicValidatorResult.Accept : verdict === 'ignore' ? TopicValidatorResult.Ignore : TopicValidatorResult.Reject
          } catch { return TopicValidatorResult.Reject }
        })
        pubsub.subscribe(topic)
      },
      async stop () {}, async beforeStop () { pubsub.unsubscribe(topic) },
      dump: () => ({})
    }
  }
}
