import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TosError } from '../../src/errors/index.ts'
import { measuredAnswers } from '../../src/node/measured-answers.ts'
import type { Clients } from '../../src/node/measured-answers.ts'
import { noteUse, rewardFinds } from '../../src/node/rewards.ts'
import { createPeerMeasures } from '../../src/peers/measures/index.ts'

test('helpful_peer_info goes to whom we knew the peer from, once, and never to the peer itself', () => {
  const paid: string[] = []
  const dialled = rewardFinds((peer, reason) => { paid.push(`${peer} ${reason}`) })
  dialled('x', false, ['exchange:a'])
  dialled('x', true, ['exchange:a', 'exchange:b'])
  dialled('x', true, ['exchange:b'])
  dialled('y', true, ['book', 'exchange:a'])
  dialled('y', true, ['exchange:a'])
  dialled('z', true, ['exchange:z'])
  dialled('w', true, ['dht', 'exchange:a'])
  assert.deepEqual(paid, ['a helpful_peer_info'])
})

test('an answer that brings something within a second is a fast response; nothing, late or an error is not', async () => {
  const measures = createPeerMeasures({ clock: () => 0 })
  measures.connected('p')
  const paid: string[] = []
  let now = 0
  let answer: () => Promise<unknown> = async () => ({})
  const clients = { blocks: { request: () => answer() }, transactions: { request: () => answer() } } as unknown as Clients
  const { blocks, transactions } = measuredAnswers(clients, { measures, reward: (peer, reason) => { paid.push(`${peer} ${reason}`) }, clock: () => now })
  const after = (ms: number, value: unknown) => async (): Promise<unknown> => {
    now += ms
    return value
  }
  const block = { parents: [new Uint8Array(32)], header: new Uint8Array(100), transactions: [new Uint8Array(20)] }
  answer = after(1000, { blocks: [block] })
  await blocks.request('p', {} as never, {})
  answer = after(1001, { blocks: [block] })
  await blocks.request('p', {} as never, {})
  answer = after(1, { transactions: [], notFound: [] })
  await transactions.request('p', {} as never, {})
  for (const code of ['TIMEOUT', 'ABORTED'] as const) {
    answer = async () => { throw new TosError(code, 'x') }
    await assert.rejects(transactions.request('p', {} as never, {}), { code })
  }
  assert.deepEqual(paid, ['p fast_response'])
  assert.deepEqual(measures.of('p')?.served, { answers: 2, bytes: 2 * (64 + 32 + 100 + 28), failed: 1 })
})

test('news is noted with its reward', () => {
  const measures = createPeerMeasures({ clock: () => 7 })
  measures.connected('p')
  const paid: string[] = []
  const reward = noteUse(measures, (_peer, reason) => { paid.push(reason) })
  reward('p', 'valid_block')
  assert.deepEqual([measures.of('p')?.lastBlockAt, measures.of('p')?.lastTransactionAt], [7, undefined])
  reward('p', 'valid_transaction')
  assert.deepEqual([measures.of('p')?.lastTransactionAt, paid], [7, ['valid_block', 'valid_transaction']])
})
