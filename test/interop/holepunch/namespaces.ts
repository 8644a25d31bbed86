import { execFileSync } from 'node:child_process'

/** All names here begin so: what an earlier run left behind is found by it. One run at a time on a machine. */
const PREFIX = 'tos-punch-'

/** Runs a command. Throws with its error output. */
function run (command: string, args: readonly string[], input = ''): string {
  return execFileSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
}

/** A network of its own on this machine. */
export interface Namespace {
  readonly name: string
  /** What stands before a command that is to run in it. */
  readonly prefix: readonly string[]
  /** Gives one of its interfaces an IPv4 address, e.g. `7.7.1.2/24`. */
  address (address: string, device: string): void
  /** Sends what has no other way to this router. */
  gateway (router: string): void
  /** Forwards packets of others. */
  forward (): void
  /** Loads nftables rules. */
  rules (text: string): void
}

/** Makes a namespace with loopback up. */
export function createNamespace (label: string): Namespace {
  const name = `${PREFIX}${label}`
  run('ip', ['netns', 'add', name])
  const ip = (...args: readonly string[]): void => { run('ip', ['-n', name, ...args]) }
  const prefix = ['ip', 'netns', 'exec', name]
  ip('link', 'set', 'lo', 'up')
  return {
    name,
    prefix,
    address (address, device) {
      ip('address', 'add', address, 'dev', device)
      ip('link', 'set', device, 'up')
    },
    gateway (router) { ip('route', 'add', 'default', 'via', router) },
    forward () { run('ip', [...prefix.slice(1), 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']) },
    rules (text) { run('ip', [...prefix.slice(1), 'nft', '-f', '-'], text) }
  }
}

/** A cable between two namespaces; each end is named by its interface. */
export function connect ([one, oneDevice]: readonly [Namespace, string], [other, otherDevice]: readonly [Namespace, string]): void {
  run('ip', ['link', 'add', oneDevice, 'netns', one.name, 'type', 'veth', 'peer', 'name', otherDevice, 'netns', other.name])
}

/** Removes all namespaces of these tests, whoever made them, and with them their cables and rules. */
export function removeNamespaces (): void {
  const names = run('ip', ['netns', 'list']).split('\n').map(line => line.split(' ')[0] ?? '').filter(name => name.startsWith(PREFIX))
  for (const name of names) run('ip', ['netns', 'delete', name])
}
