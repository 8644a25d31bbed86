import { test } from 'node:test'
import type { TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import * as fc from '../support/fast-check.ts'
import {
  AI_MINING_SHARE, askForPeers, BLOCK_RESPONSE, blockAnnounce, blockCost, blocks, consensusVote, DETAIL, GOODBYE, GOODBYE_REASON, goodbye, mining, miningShare, PEER_EXCHANGE, peerExchange, ping, PING, PONG, transactions,
  TX_ANNOUNCE, TX_LIMITS, TX_STEM_BODY, txAnnounce, txStem, votes
} from '../../protocols/index.ts'
import type { BlockQuestion, MiningShare, PeerRecord, Vote } from '../../protocols/index.ts'
import { createKernel, decodePayload, plainTwin, topicId } from '../../src/protocol/index.ts'
import type { ProtocolDefinition, StreamDefinition, StreamSender } from '../../src/protocol/index.ts'
import * as any from '../support/arbitraries.ts'
import { NOW_MS } from '../support/frames.ts'
import { createKernelNet } from '../support/kernel-net.ts'
import { kernelPair, rawPeer } from '../support/kernel-pair.ts'
import type { Pair, RawPeer } from '../support/kernel-pair.ts'
import type { RawStream } from '../support/raw-stream.ts'

const one = <T>(values: fc.Arbitrary<T>, seed = 1): T => fc.sample(values, { numRuns: 1, seed })[0] as T
const record: PeerRecord = { nodeId: new Uint8Array(32), ip: '203.0.113.7', port: 2080, nodeType: 0, services: 0n, lastSeen: 0n }

async function pair<Req, Res> (t: TestContext, definition: ProtocolDefinition<Req, Res>): Promise<Pair<Req, Res>> {
  const made = await kernelPair(definition)
  t.after(() => made.stop())
  return made
}
async function raw<Req, Res> (t: TestContext, definition: ProtocolDefinition<Req, Res>): Promise<{ p: Pair<Req, Res>, peer: RawPeer, stream: RawStream }> {
  const p = await pair(t, definition)
  const peer = await rawPeer(p.net, p.server.peer, plainTwin(definition.id.replace('{net}', 'devnet')))
  return { p, peer, stream: await peer.open() }
}

test('PING is answered with its own nonce and our time in seconds', async t => {
  const { peer, stream } = await raw(t, ping({ now: () => NOW_MS }))
  stream.write(peer.message(PING, { nonce: 0xabcdn, userAgent: '', services: 0n, timestamp: 0n }))
  const { type, payload } = await stream.next()
  assert.equal(type, PONG.code)
  assert.deepEqual(decodePayload(PONG, payload), { nonce: 0xabcdn, timestamp: BigInt(Math.floor(NOW_MS / 1000)) })
})

test('ping draws random nonces: a peer cannot answer a question it has not read', async t => {
  const nonces: bigint[] = []
  const p = await kernelPair(ping({ now: () => NOW_MS }), { options: { randomId: () => { const nonce = BigInt(nonces.length) + 77n; nonces.push(nonce); return nonce } } })
  t.after(() => p.stop())
  const pong = await p.ask({ userAgent: 'tos', services: 1n, timestamp: 2n })
  assert.equal(pong.timestamp, BigInt(Math.floor(NOW_MS / 1000)))
  assert.deepEqual(nonces, [77n])
})

test('PEER_EXCHANGE: a question is answered from a sample, never with more than was asked', async t => {
  const asked: number[] = []
  const service = { sample: (max: number) => { asked.push(max); return Array.from({ length: 16 }, () => record) }, received: () => { throw new Error('nothing was sent') } }
  const p = await pair(t, peerExchange(service))
  const answer = await p.ask(askForPeers(3))
  assert.deepEqual(asked, [3])
  assert.equal(answer.peers.length, 3)
  assert.equal(answer.isResponse, true)
  await assert.rejects(p.ask(askForPeers(17)), { code: 'INVALID_VALUE' })
})

test('PEER_EXCHANGE: an unasked list has id 0 and reaches the service; with another id it is refused', async t => {
  const received: PeerRecord[] = []
  const { p, peer, stream } = await raw(t, peerExchange({ sample: () => [], received: peers => { received.push(...peers) } }))
  stream.write(peer.message(PEER_EXCHANGE, { requestId: 0n, isResponse: true, maxPeers: 0, peers: [record] }))
  stream.write(peer.message(PEER_EXCHANGE, { requestId: 5n, isResponse: true, maxPeers: 0, peers: [record, record] }))
  const error = await stream.nextError()
  assert.deepEqual([error.code, error.requestId], [0, 5n])
  assert.equal(received.length, 1)
  assert.equal(p.server.count('INVALID_VALUE'), 1)
})

test('PEER_EXCHANGE: a list told on the asker\'s own stream reaches its service, within the limit', async t => {
  const received: number[] = []
  const p = await pair(t, peerExchange({ sample: () => [], received: peers => { received.push(peers.length) } }))
  await p.server.service.stop()
  const peer = await rawPeer(p.net, p.asker.peer)
  const serve = Promise.withResolvers<void>()
  peer.peer.handlers.set('/tos/devnet/plain/peer-exchange/1.0.0', {
    options: {},
    handler: stream => {
      stream.addEventListener('message', () => {
        for (let i = 0; i < 20; i++) stream.send(peer.message(PEER_EXCHANGE, { requestId: 0n, isResponse: true, maxPeers: 0, peers: [record] }))
        stream.send(peer.message(PEER_EXCHANGE, { requestId: 1n, isResponse: true, maxPeers: 0, peers: [] }))
        serve.resolve()
      })
    }
  })
  await p.asker.service.request(peer.peer.peerId, askForPeers(1))
  await serve.promise
  assert.equal(received.length, 6, 'half of 12 a minute at once')
  assert.equal(p.asker.count('RATE_LIMITED'), 14)
})

test('a request that comes back as an answer is refused, and its asker told', async t => {
  const p = await pair(t, peerExchange({ sample: () => [], received: () => {} }))
  await p.server.service.stop()
  const peer = await rawPeer(p.net, p.asker.peer)
  peer.peer.handlers.set('/tos/devnet/plain/peer-exchange/1.0.0', {
    options: {}, handler: stream => { stream.addEventListener('message', () => { stream.send(peer.message(PEER_EXCHANGE, { requestId: 1n, isResponse: false, maxPeers: 1, peers: [] })) }) }
  })
  await assert.rejects(p.asker.service.request(peer.peer.peerId, askForPeers(1)), { code: 'INVALID_VALUE' })
})

test('VOTE_REQUEST reaches the service with its ids and costs one unit each', async t => {
  const vote = one(any.votes)
  const definition = votes({ vote: () => 'accept', votes: ids => ({ votes: [vote], notFound: [...ids] }) })
  const p = await pair(t, definition)
  const ids = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const answer = await p.ask({ ids })
  assert.deepEqual(answer.notFound.map(id => id[0]), [1, 2])
  assert.equal(answer.votes[0]?.timestamp, vote.timestamp)
  assert.equal(definition.cost({ ids }), 2)
})

test('blocks and transactions hand questions to their source and answers back', async t => {
  const question: BlockQuestion = { query: { type: 'tips' }, detail: DETAIL.hash, maxItems: 16 }
  const p = await pair(t, blocks({ blocks: asked => { assert.equal(asked.query.type, 'tips'); return { status: 1, blocks: [], notFound: [], hasMore: false } } }))
  assert.equal((await p.ask(question)).status, 1)
  const q = await pair(t, transactions({ transactions: async ({ txHashes }) => ({ transactions: [], notFound: [...txHashes] }) }))
  assert.equal((await q.ask({ txHashes: [new Uint8Array(32)], includeProof: false })).notFound.length, 1)
})

test('what a question about blocks costs: a full block 1, a header 1/16, a hash 1/64, and at least 1', () => {
  const ask = (query: BlockQuestion['query'], detail: number, maxItems: number): number => blockCost({ query, detail, maxItems })
  const heights = { type: 'byHeight', value: { start: 0n, count: 512 } } as const
  assert.equal(ask(heights, DETAIL.full, 64), 64)
  assert.equal(ask(heights, DETAIL.header, 2048), 32)
  assert.equal(ask(heights, DETAIL.hash, 4096), 8)
  assert.equal(ask({ type: 'byHash', value: [new Uint8Array(32)] }, DETAIL.full, 64), 1)
  assert.equal(ask({ type: 'tips' }, DETAIL.hash, 1), 1)
})

test('a proof costs eight bodies', () => {
  const { cost } = transactions({ transactions: () => ({ transactions: [], notFound: [] }) })
  const txHashes = [new Uint8Array(32), new Uint8Array(32)]
  assert.deepEqual([cost({ txHashes, includeProof: false }), cost({ txHashes, includeProof: true })], [2, 16])
})

async function sendOn<T> (t: TestContext, definition: StreamDefinition<T>): Promise<{ sender: StreamSender<T>, from: string }> {
  const net = createKernelNet()
  const mount = async (): Promise<{ peer: Awaited<ReturnType<typeof net.peer>>, service: ReturnType<ReturnType<ReturnType<typeof createKernel>['mountStream']>> }> => {
    const peer = await net.peer()
    const service = createKernel({ network: 'devnet', now: () => NOW_MS }).mountStream(definition)(peer.components)
    await service.start()
    t.after(() => service.stop())
    return { peer, service } as never
  }
  const [server, asker] = [await mount(), await mount()]
  t.after(() => { net.close() })
  return { sender: await asker.service.open(server.peer.peerId) as StreamSender<T>, from: asker.peer.peerId.toString() }
}

test('goodbye and the session set-up are plain in every form of the network; other protocols have a plain twin', () => {
  for (const id of ['/tos/devnet/goodbye/1.0.0', '/tos/devnet/session/1.0.0', '/acme/hello/1.0.0', '/tos/devnet/plain/ping/1.0.0']) assert.equal(plainTwin(id), id)
  assert.equal(plainTwin('/tos/devnet/ping/1.0.0'), '/tos/devnet/plain/ping/1.0.0')
  assert.equal(plainTwin('/tos/devnet/goodbyes/1.0.0'), '/tos/devnet/plain/goodbyes/1.0.0')
})

test('GOODBYE tells the service the reason, the text and who said it', async t => {
  const told: unknown[] = []
  const { sender, from } = await sendOn(t, goodbye({ goodbye: (message, peer) => { told.push([message.reason, message.text, peer]) } }))
  sender.send(GOODBYE, { reason: GOODBYE_REASON.tooManyPeers, text: 'full' })
  sender.close()
  while (told.length === 0) await turn()
  assert.deepEqual(told, [[7, 'full', from]])
})

test('a share sent straight to a pool reaches the service with the miner\'s peer', async t => {
  const told: Array<[MiningShare, string]> = []
  const { sender, from } = await sendOn(t, mining({ share: () => 'ignore', submitted: (share, peer) => { told.push([share, peer]) } }))
  const share = one(any.miningShares)
  sender.send(AI_MINING_SHARE, share)
  while (told.length === 0) await turn()
  assert.equal(told[0]?.[0].nonce, share.nonce)
  assert.equal(told[0]?.[1], from)
})

test('a stem carries the announcement and then the body', async t => {
  const told: string[] = []
  const { sender } = await sendOn(t, txStem({ stem: ({ type }) => { told.push(type.name) } }))
  sender.send(TX_ANNOUNCE, one(any.txAnnounces))
  sender.send(TX_STEM_BODY, { requestId: 1n, transactions: [{ txHash: new Uint8Array(32), data: new Uint8Array(TX_LIMITS.dataBytes), proof: null }], notFound: [] })
  while (told.length < 2) await turn()
  assert.deepEqual(told, ['TX_ANNOUNCE', 'TX_RESPONSE'])
})

test('topics: their strings, their messages, and that only blocks are flood-published', async () => {
  const context = { peer: 'p', signal: new AbortController().signal }
  const seen: string[] = []
  const service = { share: () => { seen.push('share'); return 'reject' as const }, submitted: () => {} }
  const block = blockAnnounce(() => { seen.push('block'); return 'accept' })
  const tx = txAnnounce(() => { seen.push('tx'); return 'ignore' })
  const vote = consensusVote({ vote: () => { seen.push('vote'); return 'accept' }, votes: () => ({ votes: [], notFound: [] }) })
  const share = miningShare(service)
  const topics = [block, tx, vote, share]
  assert.deepEqual(topics.map(topic => topicId(topic, 'testnet')), ['/tos/testnet/block-announce/1', '/tos/testnet/tx-announce/1', '/tos/testnet/consensus-vote/1', '/tos/testnet/mining-share/1'])
  assert.deepEqual(topics.map(({ floodPublish = false }) => floodPublish), [true, false, false, false])
  for (const topic of topics) assert.ok(topic.queue.max > 0 && topic.expectedPerMinute > 0)
  const verdicts = [block.validate(one(any.blockAnnounces), context), tx.validate(one(any.txAnnounces), context), vote.validate(one(any.votes) as Vote, context), share.validate(one(any.miningShares), context)]
  assert.deepEqual(verdicts, ['accept', 'ignore', 'accept', 'reject'])
  assert.deepEqual(seen, ['block', 'tx', 'vote', 'share'])
})

test('all protocols of the network mount side by side', () => {
  const kernel = createKernel({ network: 'devnet' })
  kernel.mount(ping({ now: Date.now }))
  kernel.mount(peerExchange({ sample: () => [], received: () => {} }))
  kernel.mount(blocks({ blocks: () => ({ status: 0, blocks: [], notFound: [], hasMore: false }) }))
  kernel.mount(transactions({ transactions: () => ({ transactions: [], notFound: [] }) }))
  kernel.mount(votes({ vote: () => 'ignore', votes: () => ({ votes: [], notFound: [] }) }))
  kernel.mountStream(txStem({ stem: () => {} }))
  kernel.mountStream(mining({ share: () => 'ignore', submitted: () => {} }))
  kernel.mountStream(goodbye({ goodbye: () => {} }))
  assert.deepEqual([...kernel.mounted.keys()], ['ping', 'peer-exchange', 'blocks', 'transactions', 'votes', 'tx-stem', 'mining', 'goodbye'].map(name => `/tos/devnet/${name}/1.0.0`))
  assert.equal(BLOCK_RESPONSE.maxBytes, 5 << 20)
})
