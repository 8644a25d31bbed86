import { lstatSync, unlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { TosError, toTosError } from '../errors/index.ts'
import { checkParams, httpStatus, methodOf, ROUTES } from './admin-routes.ts'
import type { AdminMethod } from './admin-routes.ts'
import type { AdminApi, CallOptions } from './admin-api.ts'
import { claimSocketFolder } from './socket-folder.ts'

/** Largest request body, bytes. */
const MAX_BODY_BYTES = 1_048_576
/** Time a client has to send its request. */
const REQUEST_TIMEOUT_MS = 10_000

/** A served admin socket. */
export interface AdminServer {
  readonly path: string
  /** Ends open streams and removes the socket. */
  close (): Promise<void>
}

/**
 * Serves `api` over HTTP on the Unix socket `path`, mode 0600: whoever may open it is the operator, so there is no token.
 * A socket nobody listens on is replaced. Throws `LISTEN_FAILED`.
 */
export async function serveAdmin (api: AdminApi, path: string): Promise<AdminServer> {
  claimSocketFolder(path)
  await removeStale(path)
  const closing = new AbortController()
  const server = createServer((request, response) => {
    // answer() reports its own failures to the client; what is left is a broken client connection
    answer(api, request, response, closing.signal).catch(error => response.destroy(toTosError(error)))
  })
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.headersTimeout = REQUEST_TIMEOUT_MS
  // bind happens inside listen(): the socket never exists with wider permissions
  const mask = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(mask)
  }
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new TosError('LISTEN_FAILED', `cannot open the admin socket ${path}`, { cause: error, details: { path }, hint: 'choose another --admin-socket' })
  }
  return {
    path,
    async close () {
      closing.abort()
      server.closeAllConnections()
      await new Promise<void>((resolve, reject) => server.close(error => error === undefined ? resolve() : reject(error)))
    }
  }
}

async function removeStale (path: string): Promise<void> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // a regular file refuses a connection too: only a socket is ours to remove
    if (code === 'ECONNREFUSED' && lstatSync(path).isSocket()) unlinkSync(path)
    return
  } finally {
    socket.destroy()
  }
  throw new TosError('LISTEN_FAILED', `another process answers on the admin socket ${path}`, { details: { path }, hint: 'stop the other tosd, or choose another --admin-socket' })
}

async function answer (api: AdminApi, request: IncomingMessage, response: ServerResponse, closing: AbortSignal): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const signal = AbortSignal.any([gone.signal, closing])
  try {
    const { method, params } = await read(request)
    const call = api[method].bind(api) as (params: object, options: CallOptions) => unknown
    const result = call(params, { signal })
    if (ROUTES[method].stream) await sendStream(response, result as AsyncIterable<unknown>, signal)
    else send(response, 200, await result)
  } catch (error) {
    const failure = toTosError(error)
    if (response.headersSent) response.end(`${toText({ error: failure })}\n`)
    else send(response, httpStatus(failure.code), { error: failure })
  }
}

async function read (request: IncomingMessage): Promise<{ method: AdminMethod, params: Record<string, unknown> }> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const method = methodOf(url.pathname)
  if (method === undefined) throw new TosError('USAGE', `no such call: ${url.pathname}`, { hint: `known: ${Object.keys(ROUTES).join(', ')}` })
  if (request.method === 'GET' && ROUTES[method].reads) return { method, params: checkParams(method, Object.fromEntries(url.searchParams), true) }
  if (request.method !== 'POST') throw new TosError('USAGE', `${method} is called by POST`)
  const body = await readBody(request)
  let given: unknown
  try {
    given = body === '' ? {} : JSON.parse(body)
  } catch (error) {
    throw new TosError('USAGE', 'the body is not JSON', { cause: error })
  }
  return { method, params: checkParams(method, given, false) }
}

async function readBody (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new TosError('MESSAGE_TOO_LARGE', `the body exceeds ${MAX_BODY_BYTES} bytes`, { hint: 'name a file instead' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function sendStream (response: ServerResponse, items: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  response.flushHeaders()
  for await (const item of items) {
    if (signal.aborted) break
    // a slow reader holds the producer back; a reader that left ends the wait through the signal
    if (!response.write(`${toText({ item })}\n`)) await once(response, 'drain', { signal })
  }
  response.end()
}

function send (response: ServerResponse, status: number, body: unknown): void {
  const text = `${toText(body ?? null)}\n`
  // an unread request body would keep the connection busy, so a refused one is not reused
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...(status === 413 ? { connection: 'close' } : {}) })
  response.end(text)
}

function toText (value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => typeof item === 'bigint' ? item.toString() : item)
}
