import { multiaddr } from '@multiformats/multiaddr'

/** The n-th of a million loopback addresses, each in a /24 of its own for the first 65,000: 127.1.0.2, 127.1.1.2, … */
export function loopback (n: number): string {
  return `127.${1 + (n >> 8) % 200}.${n & 255}.${2 + Math.floor(n / 51_200) % 250}`
}

/** Host and port of a TCP multiaddr. */
export function endpoint (address: string): { readonly host: string, readonly port: number } {
  const parts = Object.fromEntries(multiaddr(address).getComponents().map(({ name, value }) => [name, value]))
  return { host: parts['ip4'] ?? '127.0.0.1', port: Number(parts['tcp']) }
}
