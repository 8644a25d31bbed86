import { TosError, toTosError } from '../../errors/index.ts'
import { createMessageVerifier } from '../../secure/signer/index.ts'
import type { MessageVerifier } from '../../secure/signer/index.ts'
import type { DiscoveryClock } from '../clock.ts'
import type { Hint } from '../hint.ts'
import type { AddressRules } from '../peer-address.ts'
import type { Refusals } from '../refusals.ts'
import type { Origin } from '../sources.ts'
import { systemResolver } from './dns-resolver.ts'
import type { DnsResolver } from './dns-resolver.ts'
import { parseDnsSeed } from './dns-seed.ts'
import type { DnsSeed } from './dns-seed.ts'
import { readAnswer } from './read-answer.ts'

/** Options of `createDnsSeeds`. */
export interface DnsSeedsOptions extends AddressRules {
  /** `name` or `key@name`; at most 32. */
  readonly names: readonly string[]
  /** Network that signed records must be made for. */
  readonly network: string
  /** Servers to ask, `ip` or `ip:port`; default: those of the machine. */
  readonly servers?: readonly string[]
  /** Makes the resolver of one lookup; default: `node:dns` with `servers`. */
  readonly resolver?: () => DnsResolver
  readonly clock: DiscoveryClock
  /** Deadline of one name, ms. Default 5,000. */
  readonly timeoutMs?: number
}

/** What one name came to. A name that failed, or whose records are all refused, has an `error` and maybe no hints. */
export interface DnsSeedAnswer {
  /** `dns:<name>`. */
  readonly origin: Origin
  readonly hints: readonly Hint[]
  readonly refused: Refusals
  /** `TIMEOUT`, `DNS_LOOKUP_FAILED`, `DNS_NO_RECORDS` or `ABORTED`. */
  readonly error?: TosError
}

/** Asks DNS names for peers. */
export interface DnsSeeds {
  /** One answer per name, in their order; never rejects. */
  lookup (signal?: AbortSignal): Promise<DnsSeedAnswer[]>
}

const MAX_NAMES = 32
const TIMEOUT_MS = 5000

/** DNS TXT seeds (SECURITY.md §3 for their limits). Throws `CONFIG_INVALID` for a name that is none, or too many of them. */
export function createDnsSeeds (options: DnsSeedsOptions): DnsSeeds {
  const seeds = options.names.map(parseDnsSeed)
  if (seeds.length > MAX_NAMES) throw new TosError('CONFIG_INVALID', `${seeds.length} DNS seeds; at most ${MAX_NAMES} are asked`)
  const { verify } = createMessageVerifier({ network: options.network })
  return { lookup: signal => Promise.all(seeds.map(seed => ask(seed, options, verify, signal))) }
}

async function ask ({ name, publicKey }: DnsSeed, options: DnsSeedsOptions, verify: MessageVerifier['verify'], signal: AbortSignal | undefined): Promise<DnsSeedAnswer> {
  const { clock, publicOnly } = options
  const origin: Origin = `dns:${name}`
  try {
    const records = await resolve(name, options, signal)
    const { hints, refused } = readAnswer(records, { publicOnly, publicKey, verify, now: clock.now() })
    if (hints.length > 0) return { origin, hints, refused }
    return { origin, hints, refused, error: new TosError('DNS_NO_RECORDS', `none of the ${records.length} TXT records of ${name} can be used`, { details: { name, refused } }) }
  } catch (error) {
    return { origin, hints: [], refused: {}, error: toTosError(error, 'DNS_LOOKUP_FAILED') }
  }
}

async function resolve (name: string, { clock, timeoutMs = TIMEOUT_MS, servers, resolver }: DnsSeedsOptions, signal: AbortSignal | undefined): Promise<string[][]> {
  if (signal?.aborted === true) throw new TosError('ABORTED', `lookup of ${name} cancelled`)
  const lookup = resolver === undefined ? systemResolver(servers) : resolver()
  const ended = Promise.withResolvers<never>()
  const end = (error: TosError): void => {
    ended.reject(error)
    lookup.cancel()
  }
  const abort = (): void => { end(new TosError('ABORTED', `lookup of ${name} cancelled`)) }
  const stopTimer = clock.after(timeoutMs, () => { end(new TosError('TIMEOUT', `no answer for ${name} in ${timeoutMs} ms`, { details: { name } })) })
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([lookup.resolveTxt(name), ended.promise])
  } catch (error) {
    throw lookupError(name, error)
  } finally {
    stopTimer()
    signal?.removeEventListener('abort', abort)
  }
}

/** Names of `node:dns` errors stay in the details: ENOTFOUND, ENODATA, ESERVFAIL, EBADRESP, … */
function lookupError (name: string, error: unknown): TosError {
  if (error instanceof TosError) return error
  const reason = String((error as NodeJS.ErrnoException).code ?? 'UNKNOWN')
  // a name without TXT records was found all the same
  const code = reason === 'ETIMEOUT' ? 'TIMEOUT' : reason === 'ENODATA' ? 'DNS_NO_RECORDS' : 'DNS_LOOKUP_FAILED'
  return new TosError(code, `TXT lookup of ${name}: ${reason}`, { cause: error, details: { name, reason } })
}
