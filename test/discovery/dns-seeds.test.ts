import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Packet } from 'dns2'
import { systemClock } from '../../src/chain/clock.ts'
import { addDnsAnswers, createCandidates, createDnsSeeds, signSeedRecord } from '../../src/discovery/index.ts'
import type { DnsSeedAnswer, DnsSeedsOptions } from '../../src/discovery/index.ts'
import { createMessageSigner } from '../../src/secure/signer/index.ts'
import { toHex } from '../../src/wire/index.ts'
import { startDnsServer, txt } from '../support/dns-server.ts'
import type { Zone } from '../support/dns-server.ts'
import { until } from '../support/until.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const LIMIT = { timeout: 20_000 }
const key = createMessageSigner({ privateKey: new Uint8Array(32).fill(1), network: 'mainnet' })
const thief = createMessageSigner({ privateKey: new Uint8Array(32).fill(2), network: 'mainnet' })

async function ask (zone: Zone, names: readonly string[], options: Partial<DnsSeedsOptions> = {}): Promise<{ answers: DnsSeedAnswer[], questions: { udp: number, tcp: number } }> {
  await using server = await startDnsServer(zone)
  const seeds = createDnsSeeds({ names, network: 'mainnet', publicOnly: true, servers: [server.address], clock: systemClock, ...options })
  return { answers: await seeds.lookup(), questions: server.questions }
}

test('good records of several names come with the name they are from, in one UDP question each', LIMIT, async () => {
  const { answers, questions } = await ask({ 'a.test': [['8.8.8.8:2080:full:0x1'], ['[2606:4700::1111]:2080']], 'b.test': [['dnsaddr=/ip4/8.8.4.4/tcp/2080']] }, ['a.test', 'b.test'])
  assert.deepEqual(answers.map(({ origin, hints, error }) => [origin, hints.map(({ addresses }) => addresses[0]).sort(), error]), [
    ['dns:a.test', ['/ip4/8.8.8.8/tcp/2080', '/ip6/2606:4700::1111/tcp/2080'], undefined],
    ['dns:b.test', ['/ip4/8.8.4.4/tcp/2080'], undefined]
  ])
  assert.deepEqual(questions, { udp: 2, tcp: 0 })
})

test('an answer cut off over UDP is fetched over TCP, and read up to 64 records of thousands', LIMIT, async () => {
  const most = Array.from({ length: 2600 }, (_, i) => [`8.8.${i >> 8}.${i & 255}:1`])
  // the server library repeats the name in each record: the bytes are made here, with pointers, to get as many as 64 KiB hold
  const { answers: [answer], questions } = await ask({ 'many.test': (request, send, client) => { void send('remoteAddress' in client ? packed(request.header.id, 'many.test', most, most.length) : cut(request)) } }, ['many.test'])
  assert.equal(answer?.error, undefined)
  assert.equal(answer?.hints.length, 64)
  assert.deepEqual(answer?.refused, { LENGTH_LIMIT: most.length - 64 })
  assert.ok(questions.udp >= 1 && questions.tcp >= 1)
})

test('an answer that announces 10,000 records and holds fewer ends in an error or a bounded list', LIMIT, async () => {
  const { answers: [answer] } = await ask({ 'lie.test': (request, send, client) => { void send('remoteAddress' in client ? packed(request.header.id, 'lie.test', [['8.8.8.8:1']], 10_000) : cut(request)) } }, ['lie.test'])
  assert.equal(answer?.error?.code, 'DNS_LOOKUP_FAILED')
  assert.deepEqual(answer?.hints, [])
})

test('a TXT record of 64 KiB is not looked at', LIMIT, async () => {
  const { answers: [answer], questions } = await ask({ 'wide.test': [Array.from({ length: 250 }, () => 'x'.repeat(255))] }, ['wide.test'])
  assert.equal(answer?.error?.code, 'DNS_NO_RECORDS')
  assert.deepEqual(answer?.refused, { LENGTH_LIMIT: 1 })
  assert.ok(questions.tcp >= 1)
})

test('a CNAME loop ends at once and names nobody', LIMIT, async () => {
  const loop: Zone = Object.fromEntries(['one.test', 'two.test'].map(name => [name, (request, send) => {
    const response = Packet.createResponseFromRequest(request)
    for (const [from, to] of [['one.test', 'two.test'], ['two.test', 'one.test']] as const) response.answers.push({ ...txt(from, []), type: Packet.TYPE.CNAME, domain: to } as never)
    void send(response)
  }]))
  const { answers, questions } = await ask(loop, ['one.test', 'two.test'])
  assert.deepEqual(answers.map(({ hints, error }) => [hints.length, error?.code]), [[0, 'DNS_NO_RECORDS'], [0, 'DNS_NO_RECORDS']])
  assert.ok(questions.udp <= 4, `${questions.udp} questions`)
})

test('every failure of a name has its code, and the other names are not touched by it', LIMIT, async () => {
  const clock = createVirtualClock()
  const refuse = (rcode: number): Zone[string] => (request, send) => {
    const response = Packet.createResponseFromRequest(request)
    response.header.rcode = rcode
    void send(response)
  }
  const { answers } = await ask({
    'good.test': [['8.8.8.8:2080']],
    'empty.test': [],
    'servfail.test': refuse(Packet.RCODE.SERVFAIL),
    'private.test': [['10.0.0.1:2080'], ['127.0.0.1:2080']]
  }, ['missing.test', 'good.test', 'empty.test', 'servfail.test', 'private.test'], { clock })
  assert.deepEqual(answers.map(({ origin, hints, refused, error }) => [origin, hints.length, refused, error?.code, error?.details?.['reason']]), [
    ['dns:missing.test', 0, {}, 'DNS_LOOKUP_FAILED', 'ENOTFOUND'],
    ['dns:good.test', 1, {}, undefined, undefined],
    ['dns:empty.test', 0, {}, 'DNS_NO_RECORDS', 'ENODATA'],
    ['dns:servfail.test', 0, {}, 'DNS_LOOKUP_FAILED', 'ESERVFAIL'],
    ['dns:private.test', 0, { ADDRESS_NOT_PUBLIC: 2 }, 'DNS_NO_RECORDS', undefined]
  ])
  assert.equal(clock.pending, 0, 'no timer is left')
})

test('a silent server is given up after 5 s, and a cancelled lookup at once', LIMIT, async () => {
  await using server = await startDnsServer({ 'silent.test': () => {} })
  const clock = createVirtualClock()
  const seeds = createDnsSeeds({ names: ['silent.test'], network: 'mainnet', publicOnly: true, servers: [server.address], clock })
  const lookup = seeds.lookup()
  await until(() => server.questions.udp > 0)
  await clock.advance(4999)
  assert.equal(clock.pending, 1, 'still waiting')
  await clock.advance(1)
  assert.equal((await lookup)[0]?.error?.code, 'TIMEOUT')

  const stop = new AbortController()
  const cancelled = seeds.lookup(stop.signal)
  stop.abort()
  assert.equal((await cancelled)[0]?.error?.code, 'ABORTED')
  assert.equal((await seeds.lookup(AbortSignal.abort()))[0]?.error?.code, 'ABORTED')
  assert.equal(clock.pending, 0)
})

test('a lookup that is given up is ended in the resolver too, and what it says later is nobody\'s problem', LIMIT, async () => {
  const clock = createVirtualClock()
  const late = Promise.withResolvers<string[][]>()
  let cancels = 0
  const seeds = createDnsSeeds({ names: ['a.test'], network: 'mainnet', publicOnly: true, clock, timeoutMs: 100, resolver: () => ({ resolveTxt: () => late.promise, cancel: () => { cancels++ } }) })
  const lookup = seeds.lookup()
  await clock.advance(100)
  assert.deepEqual([(await lookup)[0]?.error?.code, cancels], ['TIMEOUT', 1])
  late.reject(new Error('late'))
  await clock.advance(1)
})

test('a name with a key gives only what is signed with it and not expired', LIMIT, async () => {
  const soon = Date.now() + 3_600_000
  const { answers: [answer] } = await ask({
    'signed.test': [
      [signSeedRecord('8.8.8.8:2080:full', soon, key.sign)],
      [signSeedRecord('1.1.1.1:2080', soon, thief.sign)],
      [signSeedRecord('1.0.0.1:2080', Date.now() - 1000, key.sign)],
      ['9.9.9.9:2080']
    ]
  }, [`${toHex(key.publicKey)}@signed.test`])
  assert.deepEqual(answer?.hints.map(({ addresses }) => addresses[0]), ['/ip4/8.8.8.8/tcp/2080'])
  assert.deepEqual(answer?.refused, { SIGNATURE_INVALID: 1, RECORD_EXPIRED: 1, RECORD_UNSIGNED: 1 })
})

test('the answers, refusals and failures of names are told by the snapshot', LIMIT, async () => {
  const { answers } = await ask({ 'good.test': [['8.8.8.8:2080'], ['10.0.0.1:2080']] }, ['good.test', 'missing.test'])
  const candidates = createCandidates({ self: 'me', clock: { now: () => 7 } })
  addDnsAnswers(candidates, answers)
  const { sources, candidates: [found] } = candidates.snapshot()
  assert.deepEqual([found?.key, found?.origins], ['/ip4/8.8.8.8/tcp/2080', ['dns:good.test']])
  assert.deepEqual(sources.map(({ origin, named, candidates, refused, failures }) => [origin, named, candidates, refused, failures.map(({ error, count, at }) => [error.code, count, at])]), [
    ['dns:good.test', 1, 1, { ADDRESS_NOT_PUBLIC: 1 }, []],
    ['dns:missing.test', 0, 0, {}, [['DNS_LOOKUP_FAILED', 1, 7]]]
  ])
})

/** An answer that says "come back over TCP". */
function cut (request: Packet): Packet {
  const response = Packet.createResponseFromRequest(request)
  response.header.tc = 1
  return response
}

/** A message of TXT records whose names are pointers (RFC 1035 §4.1.4), announcing `count` of them. */
function packed (id: number, name: string, records: readonly (readonly string[])[], count: number): Buffer {
  const header = Buffer.alloc(12)
  for (const [i, value] of [id, 0x8580, 1, count, 0, 0].entries()) header.writeUInt16BE(value, i * 2)
  const labels = Buffer.concat([...name.split('.'), ''].map(label => Buffer.concat([Uint8Array.of(label.length), Buffer.from(label)])))
  const question = Buffer.concat([labels, Uint8Array.of(0, 16, 0, 1)])
  const body = records.map(strings => {
    const data = Buffer.concat(strings.map(text => Buffer.concat([Uint8Array.of(text.length), Buffer.from(text)])))
    return Buffer.concat([Uint8Array.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255), data])
  })
  return Buffer.concat([header, question, ...body])
}
