import type { Redis } from 'ioredis'
import { TosError } from '../../errors/index.ts'

/** How long one blocking look waits, s, and how often a plain value is looked at, ms. */
const BLOCK_S = 1
const LOOK_MS = 100

/** Where the roles of one test leave values for each other. */
export interface Board {
  /** Sets a value. */
  set (name: string, value: string): Promise<void>
  /** Makes the value a list of one, which one reader takes. */
  offer (name: string, value: string): Promise<void>
  /** Waits for a value, set or offered. Throws the signal's reason, or `TIMEOUT` when that is a timeout. */
  wait (name: string, signal: AbortSignal): Promise<string>
  close (): void
}

/** A board on a Redis server (RESP 2, as upstream's proxy speaks); names stand below `<prefix>_`. Throws `REDIS_UNREACHABLE`, as do its methods. */
export async function openBoard ({ host, port }: { readonly host: string, readonly port: number }, prefix: string): Promise<Board> {
  const { Redis: Client } = await import('ioredis')
  // one try: who starts the roles starts the server before them
  const redis: Redis = new Client({ host, port, protocol: 2, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, disableClientInfo: true, enableReadyCheck: false, connectTimeout: 5000 })
  // without a listener the library prints; what fails is thrown to who asked
  let broken: unknown
  redis.on('error', (error: unknown) => { broken = error })
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw new TosError('REDIS_UNREACHABLE', `the Redis server ${host}:${port} does not answer`, { cause: broken ?? error, details: { host, port } })
    }
  }
  await ask(async () => redis.connect())
  const key = (name: string): string => `${prefix}_${name}`

  return {
    async set (name, value) { await ask(async () => redis.set(key(name), value)) },
    async offer (name, value) {
      await ask(async () => {
        await redis.del(key(name))
        await redis.rpush(key(name), value)
      })
    },
    async wait (name, signal) {
      while (!signal.aborted) {
        const kind = await ask(async () => redis.type(key(name)))
        const value = kind === 'string' ? await ask(async () => redis.get(key(name))) : kind === 'list' ? (await ask(async () => redis.blpop(key(name), BLOCK_S)))?.[1] : undefined
        if (value !== undefined && value !== null) return value
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
      }
      const reason: unknown = signal.reason
      throw reason instanceof DOMException && reason.name === 'TimeoutError' ? new TosError('TIMEOUT', `nobody wrote ${key(name)}`) : reason
    },
    close () { redis.disconnect() }
  }
}
