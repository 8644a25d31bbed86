import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { cell, isHere, skipCell, withPeers } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import { goldenPayload, handFrame } from './harness/hand-frame.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import type { PeerProcess } from './harness/peer-process.ts'
import { assertEcho, dial, exchange } from './harness/steps.ts'
import { FOREIGN_PEERS } from './harness/toolchain.ts'
import { RUST_LACKS } from './rust/known.ts'
import { interopFrame } from './tosd/interop-topic.ts'

const TOPIC = '/tos/devnet/interop/1'
const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'], kad: { protocol: '/tos/devnet/kad/1.0.0', mode: 'server' }, gossip: {} }

/** Both ways of asking over a TOS protocol: neither has a node id to put into a frame. */
async function refused (foreign: PeerProcess, tosd: PeerProcess): Promise<void> {
  const frame = handFrame({ code: 1, payload: goldenPayload('ping'), from: foreign.peerId })
  const answer = await exchange(foreign, tosd, '/tos/devnet/plain/ping/1.0.0', frame, { how: 'keep' })
  assert.match(Buffer.from(answer.received).toString('latin1'), /^TOSN.*no Ed25519 key, so it has no TOS node id$/s, 'told why')
  assert.notEqual(answer.ended, 'timeout', 'the stream is over')
  await foreign.ask('serve', { protocol: '/tos/devnet/plain/ping/1.0.0' })
  await assert.rejects(tosd.ask('tos-request', { peer: foreign.peerId, service: 'tosPing', fields: { user_agent: '', services: '0', timestamp: '0' } }), /Ed25519|node id/i)
  await assertEcho(foreign, tosd, Buffer.from('still connected'))
}

/** The DHT and gossip know peer ids only: any key will do. */
async function welcome (foreign: PeerProcess, tosd: PeerProcess): Promise<void> {
  const { publicKey } = await generateKeyPair('Ed25519')
  const key = Buffer.concat([Buffer.from('/pk/'), publicKey.toMultihash().bytes]).toString('base64')
  const value = Buffer.from(publicKeyToProtobuf(publicKey)).toString('base64')
  await eventually(async () => {
    const { peers } = await tosd.ask<{ readonly peers: readonly string[] }>('dht-table')
    assert.ok(peers.includes(foreign.peerId))
  })
  await tosd.ask('dht-put', { key, value })
  assert.equal((await foreign.ask<{ readonly value: string }>('dht-get', { key })).value, value)

  await foreign.ask('subscribe', { topic: TOPIC })
  await tosd.ask('subscribe', { topic: TOPIC })
  await eventually(async () => {
    const { peers } = await foreign.ask<{ readonly peers: readonly string[] }>('mesh', { topic: TOPIC })
    assert.ok(peers.includes(tosd.peerId))
  })
  const data = Buffer.from(interopFrame(randomBytes(100))).toString('base64')
  await foreign.ask('publish', { topic: TOPIC, data })
  await tosd.event(event => event.event === 'message' && event['data'] === data)
}

for (const peer of FOREIGN_PEERS) {
  for (const keyType of ['rsa', 'secp256k1'] as const) {
    const name = (what: string): CellName => ({ peer, scenario: `11 ${keyType} identity: ${what}`, direction: `${peer} → tosd` })
    // what py-libp2p has of both stands in files of its own
    const cells = [[name('refused for TOS protocols'), refused] as const, ...(peer === 'py' ? [] : [[name('welcome for DHT and gossip'), welcome] as const])]
    void test(`11 a peer with a ${keyType} key · ${peer}`, async context => {
      if (!await isHere(context, peer, cells.map(([cellName]) => cellName))) return
      if (peer === 'rust' && keyType === 'rsa') {
        for (const [cellName] of cells) await skipCell(context, cellName, RUST_LACKS.rsaIdentity)
        return
      }
      const started = withPeers(context, { foreign: [peer, { ...config, keyType }], tosd: ['tosd', config] })
      const connected = started.then(async ({ foreign, tosd }) => { await dial(foreign, tosd) })
      for (const [cellName, run] of cells) {
        await cell(context, cellName, async () => {
          await connected
          const { foreign, tosd } = await started
          await run(foreign, tosd)
        })
      }
    })
  }
}
