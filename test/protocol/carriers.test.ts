import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { createPlainCodec } from '../../src/frame/index.ts'
import type { FrameCodec } from '../../src/frame/index.ts'
import { createKernel, plainCarriers, sealedAndPlainCarriers, sealedCarriers } from '../../src/protocol/index.ts'
import type { Carriers, SessionCodecs } from '../../src/protocol/index.ts'
import { ALICE, BOB, NOW_MS } from '../support/frames.ts'
import { createKernelNet } from '../support/kernel-net.ts'

const now = (): number => NOW_MS
const SEALED: FrameCodec = { ...createPlainCodec({ local: ALICE, remote: BOB, now }), padding: 'zeros' }
const asked: Array<[Stream, Connection]> = []
const sessions: SessionCodecs = { codec: (stream, connection) => { asked.push([stream, connection]); return SEALED } }

/** Ids of a protocol with how each is carried. */
async function forms (carriers: Carriers, id: string): Promise<string[]> {
  const net = createKernelNet()
  const [local, remote] = [await net.peer(), await net.peer()]
  const connection = { remotePeer: remote.peerId } as unknown as Connection
  const all = await Promise.all(carriers(id).map(async ({ id, codec }) => `${id} ${(await codec({} as Stream, connection, local.peerId)) === SEALED ? 'sealed' : 'plain'}`))
  net.close()
  return all
}

const BOTH_PLAIN = ['/tos/devnet/goodbye/1.0.0', '/tos/devnet/session/1.0.0', '/tos/devnet/plain/ping/1.0.0']

test('a sealed kernel carries every protocol under its own id, sealed, and no twin', async () => {
  const carriers = sealedCarriers(sessions, now)
  for (const id of ['/tos/devnet/ping/1.0.0', '/tos/mainnet/goodbyes/1.0.0', '/tos/x/sessions/1.0.0', '/acme/hello/1.0.0', '/tosca/devnet/session/1.0.0']) {
    assert.deepEqual(await forms(carriers, id), [`${id} sealed`])
  }
})

test('what sets a session up or says goodbye is plain in every form of the network', async () => {
  for (const carriers of [sealedCarriers(sessions, now), sealedAndPlainCarriers(sessions, now), plainCarriers(now)]) {
    for (const id of BOTH_PLAIN) assert.deepEqual(await forms(carriers, id), [`${id} plain`])
  }
})

test('a kernel with both offers the sealed id first and the plain twin second; a third party\'s only sealed', async () => {
  const carriers = sealedAndPlainCarriers(sessions, now)
  assert.deepEqual(await forms(carriers, '/tos/devnet/ping/1.0.0'), ['/tos/devnet/ping/1.0.0 sealed', '/tos/devnet/plain/ping/1.0.0 plain'])
  assert.deepEqual(await forms(carriers, '/acme/hello/1.0.0'), ['/acme/hello/1.0.0 sealed'])
})

test('the session service is asked for the very stream and connection', () => {
  const [stream, connection] = [{} as Stream, {} as Connection]
  asked.length = 0
  assert.equal(sealedCarriers(sessions, now)('/acme/hello/1.0.0')[0]?.codec(stream, connection, {} as PeerId), SEALED)
  assert.deepEqual(asked, [[stream, connection]])
  assert.equal(asked[0]?.[0], stream)
})

test('the kernel names the ids of a protocol, best first, in its own network', () => {
  const idsOf = (carriers: Carriers | undefined, id: string): readonly string[] => createKernel({ network: 'devnet', ...(carriers === undefined ? {} : { carriers }) }).idsOf(id)
  assert.deepEqual(idsOf(undefined, '/tos/{net}/blocks/1.0.0'), ['/tos/devnet/plain/blocks/1.0.0'])
  assert.deepEqual(idsOf(sealedCarriers(sessions, now), '/tos/{net}/blocks/1.0.0'), ['/tos/devnet/blocks/1.0.0'])
  assert.deepEqual(idsOf(sealedAndPlainCarriers(sessions, now), '/tos/{net}/blocks/1.0.0'), ['/tos/devnet/blocks/1.0.0', '/tos/devnet/plain/blocks/1.0.0'])
})
