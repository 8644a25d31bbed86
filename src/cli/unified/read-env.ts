import { TosError } from '../../errors/index.ts'

/** Transports of the tests that the node has, with what follows the IP address when listening. */
const TRANSPORTS = { 'tcp': 'tcp/0', 'ws': 'tcp/0/ws', 'quic-v1': 'udp/0/quic-v1', 'webrtc-direct': 'udp/0/webrtc-direct' } as const

/** What both tests say. */
interface Common {
  readonly redis: { readonly host: string, readonly port: number }
  /** Before every name in Redis. */
  readonly testKey: string
  readonly timeoutMs: number
  /** Multiaddr to listen on, port 0. */
  readonly listen: string
}

/** One role of the transport test. */
export interface TransportTask extends Common {
  readonly test: 'transport'
  readonly isDialer: boolean
  readonly transport: keyof typeof TRANSPORTS
  /** Nothing for QUIC and WebRTC, which bring their own. */
  readonly security: 'noise' | 'tls' | undefined
}

/** One role of the kad-dht test. */
export interface KadTask extends Common {
  readonly test: 'kad'
  readonly role: 'bootstrap' | 'provider' | 'querier'
}

/** What the environment asks for. Throws `USAGE`, naming the variable. */
export function readTask (env: Readonly<Record<string, string | undefined>>): TransportTask | KadTask {
  const one = <const C extends string>(name: string, choices: readonly C[], fallback?: C): C => {
    const value = env[name] ?? fallback
    return choices.find(choice => choice === value) ?? wrong(name, `one of ${choices.join(', ')}`, value)
  }
  const text = (name: string, shape: RegExp, what: string, fallback?: string): string => {
    const value = env[name] ?? fallback
    return value !== undefined && shape.test(value) ? value : wrong(name, what, value)
  }
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text('REDIS_ADDR', /^[^:\s]+:\d{1,5}$/, 'host:port')) ?? []
  const ip = text('LISTENER_IP', /^[\d.]{7,15}$/, 'an IPv4 address', '0.0.0.0')
  const common = {
    redis: { host, port: Number(port) },
    testKey: text('TEST_KEY', /^[\w-]{1,64}$/, 'letters and digits'),
    timeoutMs: Number(text('TEST_TIMEOUT_SECS', /^[1-9]\d{0,5}$/, 'seconds', '180')) * 1000
  }
  if (env['ROLE'] !== undefined) return { ...common, test: 'kad', role: one('ROLE', ['bootstrap', 'provider', 'querier']), listen: `/ip4/${ip}/${TRANSPORTS.tcp}` }
  const transport = one('TRANSPORT', Object.keys(TRANSPORTS) as Array<keyof typeof TRANSPORTS>)
  const bare = transport === 'tcp' || transport === 'ws'
  if (bare) one('MUXER', ['yamux'])
  return {
    ...common,
    test: 'transport',
    transport,
    isDialer: one('IS_DIALER', ['true', 'false']) === 'true',
    security: bare ? one('SECURE_CHANNEL', ['noise', 'tls']) : undefined,
    listen: `/ip4/${ip}/${TRANSPORTS[transport]}`
  }
}

function wrong (name: string, what: string, value: string | undefined): never {
  throw new TosError('USAGE', `${name} must be ${what}, got ${value === undefined ? 'nothing' : JSON.stringify(value.slice(0, 80))}`, { hint: '`tosd --unified` takes its task from the environment, see src/cli/unified/README.md' })
}
