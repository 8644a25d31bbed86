import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { createAdminClient, ROUTES, serveAdmin } from '../../src/monitor/index.ts'
import type { AdminServer } from '../../src/monitor/index.ts'
import { createFakeApi } from './fake-api.ts'

const dir = mkdtempSync(join(tmpdir(), 'tos-admin-'))
const path = join(dir, 'admin.sock')
const fake = createFakeApi()
const client = createAdminClient(path)
let server: AdminServer

before(async () => { server = await serveAdmin(fake.api, path) })
after(async () => {
  await server.close()
  rmSync(dir, { recursive: true, force: true })
})

function raw (method: string, target: string, body = ''): Promise<{ status: number, body: { error?: { code: string } } }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: path, path: target, method }, response => {
      let text = ''
      response.on('data', chunk => { text += String(chunk) })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as { error?: { code: string } } }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

test('only the owner may open the socket', () => {
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a call carries its parameters there and its answer back', async () => {
  assert.equal((await client.status()).chain.height, 3)
  assert.deepEqual(await client.txSend({ body: '00ff', fee: '18446744073709551615', priority: 3 }), { id: 'dd', sender: 'aa', nonce: '0' })
  assert.deepEqual(fake.asked.at(-1), { body: '00ff', fee: '18446744073709551615', priority: 3 })
  assert.deepEqual(await client.show({ name: 'dump' }), { big: '9223372036854775808' })
})

test('an error arrives as it was thrown: code, message, hint, details, cause', async () => {
  await assert.rejects(client.peersConnect({ address: '/ip4/1.2.3.4/tcp/1' }), error => {
    assert.deepEqual((error as { toJSON: () => unknown }).toJSON(), {
      code: 'PEER_UNREACHABLE', message: 'cannot reach /ip4/1.2.3.4/tcp/1', hint: 'check the address, and that the peer runs and listens there', details: { tried: 2 }, cause: 'Error: refused'
    })
    return true
  })
  await assert.rejects(client.txGet({ id: 'x' }), { code: 'INTERNAL', message: 'a bug' })
})

test('a stream gives its items in order; a failure in the middle ends it with the coded error', async () => {
  const seqs: number[] = []
  for await (const item of client.ping({ peer: 'p', count: 3 })) seqs.push(item.seq)
  assert.deepEqual(seqs, [0, 1, 2])
  let items = 0
  await assert.rejects(async () => {
    for await (const _ of client.chainImport({ path: '/x' })) items++
  }, { code: 'CHAIN_FILE_INVALID' })
  assert.equal(items, 1)
})

test('a client that leaves a stream cancels the work behind it', async () => {
  for await (const _ of client.ping({ peer: 'p' })) break
  await fake.cancelled
})

test('events reach a watcher until it hangs up', async () => {
  const hangUp = new AbortController()
  const watching = client.events({}, { signal: hangUp.signal })[Symbol.asyncIterator]()
  const first = watching.next()
  const beat = setInterval(() => fake.events.emit({ event: 'transaction', id: 'ee', origin: 'local' }), 5)
  assert.deepEqual((await first).value, { event: 'transaction', id: 'ee', origin: 'local', at: 5 })
  clearInterval(beat)
  await watching.return?.()
  hangUp.abort()
})

test('bad requests are refused with a fitting status and code', async () => {
  const rows: Array<[method: string, target: string, body: string, status: number, code: string]> = [
    ['POST', '/v1/nonsense', '', 400, 'USAGE'],
    ['POST', '/v1/toString', '', 400, 'USAGE'],
    ['GET', '/', '', 400, 'USAGE'],
    ['GET', '/v1/stop', '', 400, 'USAGE'],
    ['POST', '/v1/show', '{', 400, 'USAGE'],
    ['POST', '/v1/show', '[]', 400, 'USAGE'],
    ['POST', '/v1/show', '{}', 400, 'USAGE'],
    ['POST', '/v1/show', '{"name":1}', 400, 'USAGE'],
    ['POST', '/v1/show', '{"name":"dump","x":1}', 400, 'USAGE'],
    ['POST', '/v1/blockGet', '{"height":"1"}', 400, 'USAGE'],
    ['GET', '/v1/blockGet?height=7', '', 404, 'BLOCK_NOT_FOUND'],
    ['POST', '/v1/peersConnect', '{"address":"a"}', 502, 'PEER_UNREACHABLE'],
    ['POST', '/v1/txGet', '{"id":"a"}', 500, 'INTERNAL'],
    ['POST', '/v1/show', JSON.stringify({ name: 'x'.repeat(1_048_577) }), 413, 'MESSAGE_TOO_LARGE']
  ]
  for (const [method, target, body, status, code] of rows) {
    const answer = await raw(method, target, body)
    assert.deepEqual([answer.status, answer.body.error?.code], [status, code], `${method} ${target} ${body.slice(0, 40)}`)
  }
  assert.deepEqual(fake.asked.at(-1), { height: 7 })
  // and a good one after all of them still works
  assert.equal((await raw('GET', '/v1/status')).status, 200)
})

test('nobody there, something else there, and a stale socket', async () => {
  await assert.rejects(createAdminClient(join(dir, 'none.sock')).id(), { code: 'DAEMON_UNREACHABLE' })
  await assert.rejects(serveAdmin(fake.api, path), { code: 'LISTEN_FAILED' })

  const foreign = join(dir, 'foreign.sock')
  const other = createServer(socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi')).listen(foreign)
  await assert.rejects(createAdminClient(foreign).id(), { code: 'DAEMON_UNREACHABLE' })
  other.close()

  const stale = join(dir, 'stale.sock')
  spawnSync(process.execPath, ['-e', `require('node:net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`])
  assert.ok(existsSync(stale))
  const again = await serveAdmin(fake.api, stale)
  assert.equal((await createAdminClient(stale).id()).peerId, 'peer')
  await again.close()
  assert.ok(!existsSync(stale))
})

test('a file that is no socket is left alone', async () => {
  const file = join(dir, 'notes.txt')
  writeFileSync(file, 'keep me')
  await assert.rejects(serveAdmin(fake.api, file), { code: 'LISTEN_FAILED' })
  assert.equal(readFileSync(file, 'utf8'), 'keep me')
})

test('a silent daemon ends in TIMEOUT', async () => {
  const silent = join(dir, 'silent.sock')
  const other = createServer().listen(silent)
  await assert.rejects(createAdminClient(silent, { timeoutMs: 50 }).id(), { code: 'TIMEOUT' })
  other.close()
})

test('every method of the table is served', () => {
  assert.deepEqual(Object.keys(ROUTES).sort(), Object.keys(fake.api).sort())
})

test('a daemon that dies in the middle of an answer is unreachable, not a bug', async () => {
  const rows: Array<[name: string, answer: string, call: (client: ReturnType<typeof createAdminClient>) => Promise<unknown>]> = [
    ['body', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"peerId"', async client => await client.id()],
    ['head', 'HTTP/1.1 200 OK\r\ncontent-le', async client => await client.id()],
    ['stream', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"item":1\r\n', async client => { for await (const _ of client.events()) assert.fail('half an item') }],
    ['between', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{"item":1}\n\r\n', async client => { for await (const item of client.events()) assert.equal(item, 1) }]
  ]
  for (const [name, answer, call] of rows) {
    const socket = join(dir, `dying-${name}.sock`)
    const daemon = createServer(connection => connection.once('data', () => connection.write(answer, () => connection.destroy()))).listen(socket)
    await assert.rejects(call(createAdminClient(socket)), { code: 'DAEMON_UNREACHABLE' }, name)
    daemon.close()
  }
})

test('a call given up in the middle of an answer says so, and a reader\'s own error stays what it is', async () => {
  const socket = join(dir, 'stuck.sock')
  const daemon = createServer(connection => connection.once('data', () => connection.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n{"item":1}\n\r\n'))).listen(socket)
  const hangUp = new AbortController()
  await assert.rejects(async () => { for await (const _ of createAdminClient(socket).events({}, { signal: hangUp.signal })) hangUp.abort() }, { code: 'ABORTED' })
  await assert.rejects(createAdminClient(socket, { timeoutMs: 50 }).id(), { code: 'TIMEOUT' })
  await assert.rejects(async () => { for await (const _ of createAdminClient(socket).events()) throw new RangeError('mine') }, { name: 'RangeError' })
  daemon.close()
})
