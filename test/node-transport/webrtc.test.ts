import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTosNode } from '../../src/index.ts'
import type { TosNode, TosNodeOptions } from '../../src/index.ts'
import { endWebrtc } from '../support/end-webrtc.ts'

const nodes: TosNode[] = []
after(async () => {
  await Promise.all(nodes.map(node => node.stop()))
  endWebrtc()
})

async function start (options: TosNodeOptions = {}): Promise<TosNode> {
  const node = await createTosNode({ network: 'devnet', ephemeral: true, mdns: false, bootstrap: [], ...options })
  nodes.push(node)
  return node
}

test('WebRTC-direct carries a session and a ping, and its address names the certificate', { timeout: 60_000 }, async () => {
  const [a, b] = await Promise.all([start({ webrtc: true, listen: [] }), start({ webrtc: true, listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] })])
  const [address] = b.getMultiaddrs()
  assert.match(address?.toString() ?? '', /\/udp\/\d+\/webrtc-direct\/certhash\/u/)
  const connection = await a.dial(b.getMultiaddrs())
  await a.services.session.ready(connection)
  assert.ok((await a.services.tosPing.request(b.peerId, { userAgent: 'test', services: 0n, timestamp: 0n })).timestamp > 0n)
})

test('a listen address of WebRTC without --webrtc is refused with the option’s name', async () => {
  await assert.rejects(start({ listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] }), error => (error as { code: string }).code === 'CONFIG_INVALID' && /webrtc is off/.test(JSON.stringify(error) + String(error)))
})
