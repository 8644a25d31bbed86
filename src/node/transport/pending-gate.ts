import { TosError } from '../../errors/index.ts'

/** Counts handshakes in progress per source, so that one address cannot fill the pending slots of all. */
export interface PendingGate {
  /** Takes a slot for `host`, or returns false when it holds `maxPerHost` already or the table is full. */
  enter: (host: string) => boolean
  /** Gives the slot back. */
  leave: (host: string) => void
  /** Gauges: sources with a handshake in progress, and refusals since the start. */
  readonly sizes: { readonly hosts: number, readonly refused: number }
}

/** What a gate allows. */
export interface PendingGateOptions {
  readonly maxPerHost: number
  /** Sources tracked at most; no more can be pending at once than the connection manager admits. */
  readonly maxHosts: number
  /** Sources that are never refused, e.g. loopback on a devnet. */
  readonly exempt: (host: string) => boolean
}

/** A gate for pending inbound connections. Throws `CONFIG_INVALID` for a limit below 1. */
export function createPendingGate ({ maxPerHost, maxHosts, exempt }: PendingGateOptions): PendingGate {
  if (maxPerHost < 1 || maxHosts < 1) throw new TosError('CONFIG_INVALID', 'limits of pending connections must be at least 1')
  const pending = new Map<string, number>()
  let refused = 0

  return {
    enter (host) {
      if (exempt(host)) return true
      const source = sourceOf(host)
      const count = pending.get(source) ?? 0
      if (count >= maxPerHost || (count === 0 && pending.size >= maxHosts)) {
        refused++
        return false
      }
      pending.set(source, count + 1)
      return true
    },
    leave (host) {
      if (exempt(host)) return
      const source = sourceOf(host)
      const count = pending.get(source) ?? 0
      if (count > 1) pending.set(source, count - 1)
      else pending.delete(source)
    },
    get sizes () { return { hosts: pending.size, refused } }
  }
}

/** What one party can be assumed to hold alone: an IPv4 address, or the /64 of an IPv6 address. */
export function sourceOf (host: string): string {
  if (!host.includes(':')) return host
  const mapped = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail = ''] = host.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = host.includes('::') ? Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0') : []
  return [...left, ...zeros, ...right].slice(0, 4).map(group => Number.parseInt(group, 16).toString(16)).join(':') + '::/64'
}

/** Whether `host` is this machine. */
export function isLoopback (host: string): boolean {
  const source = host.includes(':') ? host.toLowerCase().replace(/^.*ffff:(?=\d+\.)/, '') : host
  return source.startsWith('127.') || source === '::1'
}
