import { Resolver } from 'node:dns/promises'

/** The part of `node:dns/promises` that is used; one object serves one lookup. */
export interface DnsResolver {
  resolveTxt (name: string): Promise<string[][]>
  /** Ends the lookup: `resolveTxt` rejects. */
  cancel (): void
}

/** A lost UDP packet is asked for once more within the deadline of the lookup. */
const TRY_MS = 1500
const TRIES = 2

/**
 * The machine's resolver, or the given servers (`ip` or `ip:port`). It asks over UDP and turns to TCP when an answer is cut off; it
 * follows no CNAME by itself, which is the work of the server asked.
 */
export function systemResolver (servers: readonly string[] = []): DnsResolver {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES })
  if (servers.length > 0) resolver.setServers(servers)
  return resolver
}
