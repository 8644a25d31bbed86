import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { ERROR_CODES, TosError } from '../errors/index.ts'
import type { ErrorReport } from '../errors/index.ts'
import type { AdminApi, CallOptions } from './admin-api.ts'
import { ROUTES, routePath } from './admin-routes.ts'
import type { AdminMethod } from './admin-routes.ts'
import { whatIsWrong } from './socket-folder.ts'

/** Options of `createAdminClient`. */
export interface AdminClientOptions {
  /** Longest silence of the daemon in a call that does not stream. */
  readonly timeoutMs?: number
}

/**
 * The API of the daemon that listens on `socketPath`. Nothing is opened until the first call. Calls throw what the daemon threw,
 * `DAEMON_UNREACHABLE` when nobody listens, or `TIMEOUT`.
 */
export function createAdminClient (socketPath: string, { timeoutMs = 60_000 }: AdminClientOptions = {}): AdminApi {
  const methods = Object.entries(ROUTES).map(([method, { stream }]) => {
    const call = (params: object = {}, options: CallOptions = {}): unknown => {
      const ask = { socketPath, method: method as AdminMethod, params, options, timeoutMs: stream ? 0 : timeoutMs }
      return stream ? openStream(ask) : callOnce(ask)
    }
    return [method, call]
  })
  // each entry answers to its route, and the route table is checked against AdminApi
  return Object.fromEntries(methods) as unknown as AdminApi
}

interface Ask {
  readonly socketPath: string
  readonly method: AdminMethod
  readonly params: object
  readonly options: CallOptions
  readonly timeoutMs: number
}

async function callOnce (ask: Ask): Promise<unknown> {
  const { response, lost } = await open(ask)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch (error) {
    throw lost(error)
  }
  const body = parse(Buffer.concat(chunks).toString('utf8'))
  if (response.statusCode !== 200) throw restore(body)
  return body
}

async function * openStream (ask: Ask): AsyncGenerator<unknown> {
  const { response, lost } = await open(ask)
  const lines = createInterface({ input: response, crlfDelay: Infinity })
  try {
    for await (const line of linesOf(lines, lost)) {
      // half a line is the end of a daemon, not something else on its socket
      if (response.destroyed && !response.complete && !isWhole(line)) break
      const body = parse(line)
      if (!isRecord(body) || !('item' in body)) throw restore(body)
      yield body['item']
    }
  } finally {
    lines.close()
    response.destroy()
  }
  if (!response.complete) throw lost()
}

// only what the reading throws: an error of whoever takes the items is not ours to rename
async function * linesOf (lines: AsyncIterable<string>, lost: (error: unknown) => TosError): AsyncGenerator<string> {
  try {
    for await (const line of lines) yield line
  } catch (error) {
    throw lost(error)
  }
}

/** A begun answer, and what to throw when it breaks off. */
interface Answer {
  readonly response: IncomingMessage
  readonly lost: (error?: unknown) => TosError
}

async function open ({ socketPath, method, params, options: { signal }, timeoutMs }: Ask): Promise<Answer> {
  const wrong = whatIsWrong(socketPath)
  if (wrong !== undefined) throw new TosError('DAEMON_UNREACHABLE', wrong, { details: { socket: socketPath }, hint: 'remove that folder, or name another --admin-socket' })
  const text = JSON.stringify(params)
  const request = httpRequest({
    socketPath,
    path: routePath(method),
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    ...(signal === undefined ? {} : { signal })
  })
  request.setTimeout(timeoutMs, () => request.destroy(new TosError('TIMEOUT', `no answer from the daemon in ${timeoutMs} ms`, { hint: '`tosd show dump` tells what it is busy with' })))
  request.end(text)
  try {
    const [response] = await once(request, 'response') as [IncomingMessage]
    // after this point the reader sees a broken stream only; why it broke (a timeout, a cancelled call) is told here
    let reason: unknown
    request.on('error', error => { reason ??= error })
    const lost = (error?: unknown): TosError => signal?.aborted === true ? cancelled() : reason instanceof TosError ? reason : gone(socketPath, reason ?? error)
    return { response, lost }
  } catch (error) {
    throw unreachable(error, socketPath)
  }
}

function unreachable (error: unknown, socket: string): TosError {
  if (error instanceof TosError) return error
  if ((error as Error).name === 'AbortError') return cancelled()
  return new TosError('DAEMON_UNREACHABLE', 'no tosd answers on the admin socket', { cause: error, details: { socket } })
}

function gone (socket: string, cause: unknown): TosError {
  return new TosError('DAEMON_UNREACHABLE', 'the daemon went away in the middle of an answer', { details: { socket }, ...(cause === undefined ? {} : { cause }) })
}

function cancelled (): TosError {
  return new TosError('ABORTED', 'the call was cancelled')
}

function restore (body: unknown): TosError {
  const report = isRecord(body) ? body['error'] as ErrorReport | undefined : undefined
  if (report === undefined) return new TosError('DAEMON_UNREACHABLE', 'the admin socket belongs to something else')
  const { code, message, hint, details, cause } = report
  const known = Object.hasOwn(ERROR_CODES, code)
  return new TosError(known ? code : 'REMOTE_ERROR', message, {
    hint,
    ...(details === undefined ? {} : { details: known ? details : { ...details, remote: code } }),
    ...(cause === undefined ? {} : { cause })
  })
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TosError('DAEMON_UNREACHABLE', 'the admin socket answers something that is not JSON', { cause: error })
  }
}

function isWhole (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
