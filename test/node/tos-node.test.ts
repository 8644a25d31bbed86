import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTosNode, defineProtocol, defineTopic, struct, TosError, u64 } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { PING } from '../../protocols/index.ts'

const dirs: string[] = []
const nodes: Array<{ stop (): void | Promise<void> }> = []
const tempDir = (): string => { const dir = mkdtempSync(join(tmpdir(), 'tos-node-')); dirs.push(dir); return dir }
const quiet = { network: 'devnet', mdns: false, bootstrap: [] } as const
after(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ ...quiet, ephemeral: true, ...options })
  nodes.push(node)
  return node
}

async function connected (node: TosNode, count: number): Promise<void> {
  while (node.getPeers().length < count) await once(node as unknown as EventTarget, 'peer:connect')
}

test('the identity is kept with mode 0600, and a stopped node gives its directory back', async () => {
  const dataDir = tempDir()
  const first = await createTosNode({ ...quiet, dataDir })
  const id = first.peerId.toString()
  assert.equal(statSync(join(dataDir, 'node.key')).mode & 0o777, 0o600)
  await assert.rejects(createTosNode({ ...quiet, dataDir }), { code: 'DATA_DIR_LOCKED' })
  await first.stop()
  const second = await createTosNode({ ...quiet, dataDir })
  assert.equal(second.peerId.toString(), id)
  await second.stop()
})

test('a stopped node does not start again, a running one needs no start', async () => {
  const node = await createTosNode({ ...quiet, ephemeral: true })
  await node.start()
  assert.equal(node.status, 'started')
  const stopping = node.stop()
  await assert.rejects(async () => { await node.start() }, { code: 'NODE_STOPPED' })
  await stopping
  await assert.rejects(async () => { await node.start() }, { code: 'NODE_STOPPED' })
  assert.equal(node.status, 'stopped')
})

test('an ephemeral node leaves nothing behind', async () => {
  const node = await createTosNode({ ...quiet, ephemeral: true })
  const { dataDir } = node.tos.config
  assert.ok(existsSync(dataDir))
  await node.stop()
  assert.ok(!existsSync(dataDir))
})

test('wrong options, another network\'s directory and a taken port are coded errors that leave nothing open', async () => {
  const dataDir = tempDir()
  await (await createTosNode({ ...quiet, dataDir })).stop()
  await assert.rejects(createTosNode({ ...quiet, network: 'other', dataDir }), (error: TosError) => ['GENESIS_MISMATCH', 'DATA_DIR_FOREIGN'].includes(error.code))
  await assert.rejects(createTosNode({ ...quiet, ephemeral: true, peers: { max: -1 } }), { code: 'CONFIG_INVALID' })
  await assert.rejects(createTosNode({ ...quiet, ephemeral: true, lisen: ['/ip4/127.0.0.1/tcp/0'] } as TosNodeOptions), (error: TosError) => error.code === 'CONFIG_INVALID' && /listen/.test(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`))
  const server = createServer().listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const protocol of ['', '/ws']) {
    await assert.rejects(createTosNode({ ...quiet, dataDir, listen: ['/ip4/127.0.0.1/tcp/0', `/ip4/127.0.0.1/tcp/${port}${protocol}`] }), {
      code: 'LISTEN_FAILED', message: `could not listen on 127.0.0.1:${port}: the address is in use`, cause: 'EADDRINUSE'
    })
  }
  server.close()
  // the failed starts above gave the directory back
  await (await createTosNode({ ...quiet, dataDir })).stop()
})

test('a node that knows one address finds the others through the DHT', { timeout: 60_000 }, async () => {
  const a = await start()
  const b = await start({ bootstrap: a.getMultiaddrs().map(String) })
  await connected(b, 1)
  const c = await start({ bootstrap: b.getMultiaddrs().map(String) })
  await connected(c, 2)
  assert.deepEqual(new Set(c.getPeers().map(String)), new Set([a, b].map(node => node.peerId.toString())))
})

test('a bootstrap address without a peer id is dialled too', { timeout: 30_000 }, async () => {
  const a = await start()
  const address = a.getMultiaddrs()[0]?.toString().replace(/\/p2p\/.*/, '') as string
  const b = await start({ bootstrap: [address] })
  await connected(b, 1)
  assert.equal(b.getPeers()[0]?.toString(), a.peerId.toString())
})

test('web sockets carry the same protocols', async () => {
  const a = await start({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  const b = await start()
  const pong = await b.services.tosPing.request(a.getMultiaddrs()[0] as never, { userAgent: 'test', services: 0n, timestamp: 0n })
  assert.ok(pong.timestamp > 1_700_000_000n)
})

test('protocols and topics of a third party are mounted beside the built-in ones and typed', async () => {
  const double = defineProtocol({
    id: '/acme/double/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: struct({ n: u64 }), response: struct({ n: u64 }),
    limits: { perPeer: { count: 10, perMs: 1000 }, timeoutMs: 1000 }, handle: ({ n }) => ({ n: n * 2n })
  })
  const beat = defineTopic({ name: 'beat', id: '/acme/beat/1', message: { ...PING, name: 'BEAT', code: 0x8003 }, expectedPerMinute: 60, queue: { max: 8, drop: 'oldest' }, validate: () => 'accept' })
  const a = await createTosNode({ ...quiet, ephemeral: true, protocols: { double, beat } })
  nodes.push(a)
  const b = await createTosNode({ ...quiet, ephemeral: true, protocols: { double } })
  nodes.push(b)
  const { n } = await b.services.double.request(a.getMultiaddrs()[0] as never, { n: 21n })
  assert.equal(n, 42n)
  assert.equal(await a.services.beat.publish({ nonce: 1n, userAgent: '', services: 0n, timestamp: 0n }), 0)
  await assert.rejects(createTosNode({ ...quiet, ephemeral: true, protocols: { double, again: double } }), { code: 'DUPLICATE_PROTOCOL' })
})

test('a file outside the checkout mounts a protocol by its name', async () => {
  const dir = tempDir()
  const file = join(dir, 'hello.ts')
  writeFileSync(file, `import { defineProtocol, string, struct } from 'tos-p2p'
export const hello = defineProtocol({ id: '/acme/hello/1.0.0', types: { request: 0x8001, response: 0x8002 }, request: struct({ name: string(64) }),
  response: struct({ text: string(256) }), limits: { perPeer: { count: 20, perMs: 10_000 }, timeoutMs: 5_000 }, handle: ({ name }: { name: string }) => ({ text: \`hello \${name}\` }) })`)
  const a = await start({ protocol: [file] })
  const b = await start({ protocol: [file] })
  const service = (b.services as unknown as { hello: { request (target: unknown, value: unknown): Promise<unknown> } }).hello
  assert.deepEqual(await service.request(a.getMultiaddrs()[0], { name: 'alice' }), { text: 'hello alice' })
  await assert.rejects(start({ protocol: [join(dir, 'none.ts')] }), { code: 'FILE_UNREADABLE' })
  writeFileSync(join(dir, 'broken.ts'), 'const a = 1\nconst b = {\n')
  await assert.rejects(start({ protocol: [join(dir, 'broken.ts')] }), { code: 'PROTOCOL_FILE_INVALID', message: /broken\.ts has a syntax error in line \d/, hint: /syntax error/ })
  writeFileSync(join(dir, 'throws.ts'), 'throw new Error("not today")')
  await assert.rejects(start({ protocol: [join(dir, 'throws.ts')] }), { code: 'PROTOCOL_FILE_INVALID', message: /failed while it was loaded/ })
  writeFileSync(join(dir, 'empty.ts'), 'export const nothing = 1')
  await assert.rejects(start({ protocol: [join(dir, 'empty.ts')] }), { code: 'INVALID_DEFINITION' })
})

test('a leaving node says goodbye, and its tables are empty afterwards', { timeout: 30_000 }, async () => {
  const a = await start()
  const b = await start({ bootstrap: a.getMultiaddrs().map(String) })
  await connected(a, 1)
  await b.services.tosPing.request(a.peerId, { userAgent: 'test', services: 0n, timestamp: 0n })
  const left = Promise.withResolvers<string | undefined>()
  a.tos.events.subscribe(event => { if (event.event === 'peer-disconnected') left.resolve(event.reason) })
  await b.stop()
  assert.equal(await left.promise, 'shutdown')
  for (const [owner, sizes] of Object.entries(b.dump())) {
    for (const name of ['lanes', 'opening', 'pending', 'inbound', 'running', 'streams', 'waiting', 'dialling']) assert.equal(sizes[name] ?? 0, 0, `${owner}.${name}`)
  }
})

test('a name of a built-in service is refused, a damaged peer store is begun anew', async () => {
  const protocol = { limits: { perPeer: { count: 1, perMs: 1000 }, timeoutMs: 1000 }, types: { request: 0x8001, response: 0x8002 }, request: struct({}), response: struct({}) } as const
  const mine = defineProtocol({ ...protocol, id: '/a/b/1.0.0' })
  for (const name of ['blocks', 'identify', 'pubsub']) await assert.rejects(createTosNode({ ...quiet, ephemeral: true, protocols: { [name]: mine } }), { code: 'DUPLICATE_PROTOCOL' })
  const dataDir = tempDir()
  await (await createTosNode({ ...quiet, dataDir })).stop()
  for (const file of readdirSync(join(dataDir, 'peers')).filter(name => /^(?:MANIFEST|CURRENT)/.test(name))) writeFileSync(join(dataDir, 'peers', file), 'damage')
  const node = await createTosNode({ ...quiet, dataDir })
  const told: string[] = []
  node.tos.events.subscribe(event => { if (event.event === 'warning') told.push(event.message) })
  await node.stop()
  assert.match(told.join('\n'), /begun anew/)
})

test('a damaged block log is told to the operator', async () => {
  const dataDir = tempDir()
  const first = await createTosNode({ ...quiet, dataDir })
  for (let i = 0; i < 3; i++) await first.tos.miner.mineOne()
  await first.stop()
  const blocks = join(dataDir, 'chain', 'blocks')
  for (const file of readdirSync(blocks).filter(name => /\.(?:ldb|log)$/.test(name))) {
    const bytes = readFileSync(join(blocks, file))
    if (bytes.length > 100) writeFileSync(join(blocks, file), bytes.map((byte, i) => i === bytes.length >> 1 ? byte ^ 255 : byte))
  }
  const node = await createTosNode({ ...quiet, dataDir })
  const told: Array<[string, string]> = []
  node.tos.events.subscribe(event => { if (event.event === 'warning') told.push([event.code, event.message]) })
  const { height } = node.tos.ledger.tip()
  const { pending, goodbyes, peerRecords } = node.dump()
  // a disk that refuses and recovers is told under one code
  for (const [writable, error] of [[false, new Error('disk full')], [true, undefined]]) node.tos.ledger.dispatchEvent(new CustomEvent('store', { detail: { writable, error } }))
  await node.stop()
  assert.deepEqual([pending, goodbyes, Object.keys(peerRecords ?? {})], [{ votes: 0 }, { size: 0 }, ['held', 'dirty']])
  assert.ok(height < 3n)
  assert.deepEqual(told.map(([code]) => code), ['STORE_CORRUPT', 'STORE_READ_ONLY', 'STORE_READ_ONLY'])
  assert.deepEqual(told.slice(1).map(([, message]) => message), ['the block store refuses blocks: disk full', 'the block store takes blocks again'])
  assert.match(told[0]?.[1] ?? '', new RegExp(` ${height} blocks are kept`))
})
