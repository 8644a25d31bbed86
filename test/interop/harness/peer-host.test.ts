import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withPeers } from './cell.ts'
import type { PeerConfig } from './peer-config.ts'
import { assertEcho, dial, exchange } from './steps.ts'

const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] }

void test('nodes in one process share it and nothing else, and their events do not mix', async context => {
  const { one, other } = await withPeers(context, { one: ['js', config], other: ['js', config] })
  assert.equal(one.pid, other.pid)
  assert.notEqual(one.peerId, other.peerId)
  await assert.rejects(one.ask('ping', { peer: other.peerId }), /no connection/, 'they met by being in one process')
  await dial(one, other)
  await assertEcho(one, other, Buffer.from('over a socket'))

  // the same protocol at both: each hears of its own stream, and of no other
  for (const node of [one, other]) await node.ask('serve', { protocol: '/interop/own/1.0.0' })
  await exchange(one, other, '/interop/own/1.0.0', Buffer.from('to the other'), { read: 'none' })
  const heard = await other.event(({ event }) => event === 'stream')
  assert.equal(heard['peer'], one.peerId)
  await assert.rejects(one.event(({ event }) => event === 'stream', 1), /did not tell/)
})

void test('a peer without what it was asked for is a skip, and leaves the others of its process alone', async context => {
  const { one } = await withPeers(context, { one: ['tosd', config] })
  await assert.rejects(withPeers(context, { other: ['tosd', { ...config, keyType: 'rsa' }] }), { name: 'Unsupported', message: /rsa/ })
  assert.deepEqual((await one.ask('connections'))['peers'], [])
})

void test('when a process dies its nodes say so at once, and the next peers get another process', async context => {
  const { one, other } = await withPeers(context, { one: ['js', config], other: ['js', config] })
  const waiting = assert.rejects(one.event(() => false), /js ended with SIGKILL; that process carried every js node/)
  process.kill(one.pid as number, 'SIGKILL')
  await waiting
  await assert.rejects(other.ask('connections'), /js ended with SIGKILL/)
  const { next } = await withPeers(context, { next: ['js', config] })
  assert.notEqual(next.pid, one.pid)
  await next.ask('connections')
})
