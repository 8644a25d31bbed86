import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { parseNetworkKey } from '../../src/node/transport/index.ts'

const dir = mkdtempSync(join(tmpdir(), 'tos-psk-'))
const nodes: TosNode[] = []
after(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  rmSync(dir, { recursive: true, force: true })
})

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], limits: { upgradeTimeoutMs: 1500, dialTimeoutMs: 2500 }, ...options })
  nodes.push(node)
  return node
}

const KEY = '0123456789abcdef'.repeat(4)
const text = (key: string, encoding = '/base16/'): string => `/key/swarm/psk/1.0.0/\n${encoding}\n${key}\n`

function keyFile (name: string, content: string, mode = 0o600): string {
  const path = join(dir, name)
  writeFileSync(path, content, { mode })
  chmodSync(path, mode)
  return path
}

test('nodes with the same key meet over TCP and web sockets; one with another key or none does not get in', { timeout: 60_000 }, async () => {
  const psk = keyFile('same.key', text(KEY))
  const listen = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
  const [inside, friend, stranger, open] = await Promise.all([
    start({ psk, listen }), start({ psk: keyFile('b64.key', text(Buffer.from(KEY, 'hex').toString('base64'), '/base64/')), listen: [] }),
    start({ psk: keyFile('other.key', text(KEY.replaceAll('0', '1'))), listen: [] }), start({ listen })
  ])
  for (const address of inside.getMultiaddrs()) {
    const connection = await friend.dial(address)
    await friend.services.session.ready(connection)
    assert.ok((await friend.services.tosPing.request(inside.peerId, { userAgent: 'test', services: 0n, timestamp: 0n })).timestamp > 0n, address.toString())
    await connection.close()
  }
  await Promise.all([
    assert.rejects(stranger.dial(inside.getMultiaddrs())),
    assert.rejects(open.dial(inside.getMultiaddrs())),
    assert.rejects(friend.dial(open.getMultiaddrs()))
  ])
  assert.deepEqual(inside.getPeers().map(String).filter(id => id !== friend.peerId.toString()), [])
})

test('with a key no byte of the handshake is readable, and the corked socket carries it', { timeout: 30_000 }, async () => {
  const node = await start({ psk: keyFile('wire.key', text(KEY)) })
  const port = Number(node.getMultiaddrs()[0]?.getComponents().find(({ name }) => name === 'tcp')?.value)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const [first] = await once(socket, 'data') as [Buffer]
  assert.equal(first.length, 24, 'the nonce comes first')
  assert.doesNotMatch(first.toString('latin1'), /multistream/)
  socket.destroy()
})

test('a key file that others may read, that is missing or that is malformed is refused with a code, and the key is not shown', async () => {
  const bad: Array<[string, string | undefined, number?]> = [
    ['readable', text(KEY), 0o644], ['missing', undefined], ['head', text(KEY).replace('psk', 'pks')], ['encoding', text(KEY, '/bin/')],
    ['short', text(KEY.slice(1))], ['letters', text(`x${KEY.slice(1)}`)], ['more', `${text(KEY)}more`], ['empty', ''], ['long', text(KEY) + '\n'.repeat(5000)]
  ]
  for (const [name, content, mode] of bad) {
    const psk = content === undefined ? join(dir, 'none') : keyFile(name, content, mode)
    await assert.rejects(createTosNode({ network: 'devnet', ephemeral: true, psk, listen: [] }), error => {
      assert.equal((error as { code: string }).code, 'PSK_INVALID', name)
      assert.doesNotMatch(JSON.stringify(error) + String((error as Error).stack), new RegExp(KEY.slice(1, 40)), name)
      return true
    })
  }
  assert.deepEqual(Buffer.from(parseNetworkKey(text(KEY))).toString('hex'), KEY)
  assert.deepEqual(Buffer.from(parseNetworkKey(text(KEY).trimEnd().replaceAll('\n', '\r\n'))).toString('hex'), KEY)
})

test('QUIC and WebRTC would go past the key: a configuration with both is refused', async () => {
  const psk = keyFile('config.key', text(KEY))
  for (const way of ['quic', 'webrtc'] as const) {
    await assert.rejects(createTosNode({ network: 'devnet', ephemeral: true, psk, [way]: true }), error => (error as { code: string }).code === 'CONFIG_INVALID' && (String(error) + JSON.stringify(error)).includes(`${way} would go past its key`))
  }
})
