import { TosError } from '../errors/index.ts'

/** How many errors deep the reason is looked for. */
const MAX_DEPTH = 8
/** Names libp2p gives to the failure of some or all listeners. */
const NAMES: ReadonlySet<string> = new Set(['UnsupportedListenAddressesError', 'UnsupportedListenAddressError', 'NoValidAddressesError', 'ListenError'])
/** What the system says about an address, with and without `listen` or `bind` before it. */
const REASON = /\b(EADDRINUSE|EADDRNOTAVAIL|EACCES): ([^\n]*?) (\S+:\d+)$/m
const WORDS: Readonly<Record<string, string>> = { EADDRINUSE: 'is in use', EADDRNOTAVAIL: 'is not an address of this machine', EACCES: 'needs more rights than this process has' }

/**
 * `LISTEN_FAILED` when `error` says that an address could not be listened on, naming that address; else `undefined`. libp2p writes the
 * system's words into a longer text, stack and all, so the text of an error known by name or code is read as well.
 */
export function listenError (error: unknown, listen: readonly string[]): TosError | undefined {
  const found = chainOf(error).filter(isListenError)
  if (found.length === 0) return undefined
  for (const { message } of found) {
    const [, code = '', , address = ''] = REASON.exec(message) ?? []
    if (code !== '') return new TosError('LISTEN_FAILED', `could not listen on ${address}: the address ${WORDS[code] ?? 'is refused'}`, { cause: code, details: { address, reason: code } })
    const unsupported = /^ {2}(\/\S+): UnsupportedListenAddressError/m.exec(message)?.[1]
    if (unsupported !== undefined) return new TosError('LISTEN_FAILED', `could not listen on ${unsupported}: no transport for it`, { details: { address: unsupported }, hint: 'listen on /ip4/…/tcp/… /ip4/…/tcp/…/ws, with --quic /ip4/…/udp/…/quic-v1, with --webrtc /ip4/…/udp/…/webrtc-direct' })
  }
  return new TosError('LISTEN_FAILED', `could not listen on ${listen.join(', ')}`, { cause: found[0]?.message.split('\n', 1)[0] ?? '' })
}

function isListenError (error: Error): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  return NAMES.has(error.name) || ((syscall === 'listen' || syscall === 'bind') && ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes(code ?? ''))
}

function chainOf (error: unknown, depth = 0): Error[] {
  if (!(error instanceof Error) || depth === MAX_DEPTH) return []
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : []
  return [error, ...[...inner, error.cause].flatMap(next => chainOf(next, depth + 1))]
}
