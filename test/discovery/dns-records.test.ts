import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NODE_TYPE, SERVICE } from '../../protocols/services.ts'
import { parseDnsSeed, parseSeedRecord, readAnswer, signSeedRecord, DNS_ANSWER_LIMITS } from '../../src/discovery/index.ts'
import { TosError } from '../../src/errors/index.ts'
import { nodeIdToPeerId } from '../../src/protocol/index.ts'
import { createMessageSigner, createMessageVerifier } from '../../src/secure/signer/index.ts'
import { toHex } from '../../src/wire/index.ts'

const privateNet = { publicOnly: false }
const publicNet = { publicOnly: true }
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as TosError).code
  }
  return 'accepted'
}
const key = createMessageSigner({ privateKey: new Uint8Array(32).fill(1), network: 'testnet' })
const other = createMessageSigner({ privateKey: new Uint8Array(32).fill(2), network: 'testnet' })
const peer = nodeIdToPeerId(key.publicKey).toString()
const { verify } = createMessageVerifier({ network: 'testnet' })
const NOW = 1_800_000_000_000

test('a record is read in every form that is documented', () => {
  const endpoint = (ip: string, nodeType = 255, services = 0n) => ({ addresses: [`/${ip.includes(':') ? 'ip6' : 'ip4'}/${ip}/tcp/2080`], nodeType, services })
  const table: [string, unknown][] = [
    ['8.8.8.8:2080', endpoint('8.8.8.8')],
    ['8.8.8.8:2080:full', endpoint('8.8.8.8', NODE_TYPE.full)],
    ['8.8.8.8:2080:0:0x3', endpoint('8.8.8.8', NODE_TYPE.full, 3n)],
    ['8.8.8.8:2080:Validator_Node:3', endpoint('8.8.8.8', NODE_TYPE.validator, 3n)],
    ['8.8.8.8:2080:miner:blocks,TX+gpu-mining|light_server', endpoint('8.8.8.8', NODE_TYPE.mining, SERVICE.blocks | SERVICE.tx | SERVICE.aiMining | SERVICE.lightServer)],
    ['8.8.8.8:2080:nonsense:of-tomorrow,blocks', endpoint('8.8.8.8', 255, SERVICE.blocks)],
    ['8.8.8.8:2080:light:1:field of tomorrow', endpoint('8.8.8.8', NODE_TYPE.light, 1n)],
    [' "8.8.8.8:2080:300:" ', endpoint('8.8.8.8', 255)],
    ['[2606:4700::1111]:2080:light:0xFFFFFFFFFFFFFFFF', endpoint('2606:4700::1111', NODE_TYPE.light, 2n ** 64n - 1n)],
    ['[2606:4700::ABCD]:2080', endpoint('2606:4700::abcd')],
    ['/ip4/8.8.8.8/tcp/2081/ws', { addresses: ['/ip4/8.8.8.8/tcp/2081/ws'] }],
    ['/ip6/2606:4700::1111/udp/2080/quic-v1', { addresses: ['/ip6/2606:4700::1111/udp/2080/quic-v1'] }],
    [`dnsaddr=/ip4/8.8.8.8/tcp/2080/p2p/${peer}`, { addresses: ['/ip4/8.8.8.8/tcp/2080'], peer }]
  ]
  for (const [text, hint] of table) assert.deepEqual(parseSeedRecord(text, publicNet), hint, text)
})

test('a record that names no host we can dial is refused with its code', () => {
  const table: [string, string][] = [
    ['', 'INVALID_VALUE'], ['v=spf1 -all', 'INVALID_VALUE'], ['8.8.8.8', 'INVALID_VALUE'], ['8.8.8.8:0', 'INVALID_VALUE'], ['8.8.8.8:65536', 'INVALID_VALUE'],
    ['8.8.8.8:-1', 'INVALID_VALUE'], ['2606:4700::1111:2080', 'ADDRESS_UNUSABLE'], ['example.org:2080', 'INVALID_VALUE'],
    ['8.8.8.8:2080:full:0x10000000000000000', 'INVALID_VALUE'], ['8.8.8.8:2080:full:18446744073709551616', 'INVALID_VALUE'],
    ['8.8.8:2080', 'ADDRESS_UNUSABLE'], ['8.8.8.08:2080', 'ADDRESS_UNUSABLE'], ['[8.8.8.8]:2080', 'accepted'], ['[fe80::1%eth0]:2080', 'INVALID_VALUE'],
    ['0.0.0.0:2080', 'ADDRESS_UNUSABLE'], ['224.0.0.1:2080', 'ADDRESS_UNUSABLE'], ['255.255.255.255:2080', 'ADDRESS_UNUSABLE'], ['[::]:2080', 'ADDRESS_UNUSABLE'], ['[ff02::1]:2080', 'ADDRESS_UNUSABLE'],
    ['dnsaddr=/dnsaddr/example.org', 'ADDRESS_UNUSABLE'], ['/ip4/8.8.8.8/udp/53', 'ADDRESS_UNUSABLE'], ['/ip4/8.8.8.8/tcp/0', 'ADDRESS_UNUSABLE'], ['/unix/tmp', 'ADDRESS_UNUSABLE'],
    [`/ip4/8.8.8.8/tcp/1/p2p/${peer}/p2p-circuit`, 'ADDRESS_UNUSABLE'], ['/ip4/8.8.8.8/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N', 'ADDRESS_UNUSABLE'],
    [`/ip4/8.8.8.8/tcp/1/p2p/${peer}x`, 'ADDRESS_UNUSABLE'], [`/${'x'.repeat(300)}`, 'ADDRESS_UNUSABLE']
  ]
  for (const [text, code] of table) assert.equal(codeOf(() => parseSeedRecord(text, privateNet)), code, text)
})

test('private addresses, in every disguise, and names are refused on public networks only', () => {
  const hidden = ['10.0.0.1:1', '127.0.0.1:1', '192.168.1.1:1', '169.254.1.1:1', '100.64.0.1:1', '203.0.113.7:1', '[::1]:1', '[fe80::1]:1', '[fd00::1]:1', '[::ffff:10.0.0.1]:1', '[64:ff9b::7f00:1]:1', '[2002:a00:1::]:1', '/dns4/example.org/tcp/1', '/ip4/127.0.0.1/tcp/1']
  for (const text of hidden) {
    assert.equal(codeOf(() => parseSeedRecord(text, publicNet)), 'ADDRESS_NOT_PUBLIC', text)
    assert.equal(codeOf(() => parseSeedRecord(text, privateNet)), 'accepted', text)
  }
})

test('with a key only records signed with it, for this network and not expired, are read', () => {
  const rules = { ...publicNet, publicKey: key.publicKey, verify, now: NOW }
  const good = signSeedRecord('8.8.8.8:2080:full', NOW + 60_000, key.sign)
  const foreign = createMessageSigner({ privateKey: new Uint8Array(32).fill(1), network: 'devnet' })
  const table: [string, string][] = [
    ['8.8.8.8:2080', 'RECORD_UNSIGNED'],
    [`dnsaddr=/ip4/8.8.8.8/tcp/1/p2p/${peer}`, 'RECORD_UNSIGNED'],
    [signSeedRecord('8.8.8.8:2080', NOW + 60_000, other.sign), 'SIGNATURE_INVALID'],
    [signSeedRecord('8.8.8.8:2080', NOW + 60_000, foreign.sign), 'SIGNATURE_INVALID'],
    [good.replace('8.8.8.8', '8.8.4.4'), 'SIGNATURE_INVALID'],
    [good.replace(/ (\d{10}) /, (_all, expiry) => ` ${Number(expiry) + 1} `), 'SIGNATURE_INVALID'],
    [signSeedRecord('8.8.8.8:2080', NOW, key.sign), 'RECORD_EXPIRED'],
    [signSeedRecord('10.0.0.1:2080', NOW + 60_000, key.sign), 'ADDRESS_NOT_PUBLIC'],
    [`tos1 ${good}`, 'INVALID_VALUE'], ['tos1', 'INVALID_VALUE'], [good.slice(0, 80), 'INVALID_VALUE'],
    // milliseconds for seconds would never expire
    [signSeedRecord('8.8.8.8:2080', NOW * 1000, key.sign), 'INVALID_VALUE']
  ]
  assert.equal(readAnswer([[good]], rules).hints[0]?.addresses[0], '/ip4/8.8.8.8/tcp/2080')
  // a TXT string has 255 bytes, so that a long record comes in parts
  assert.equal(readAnswer([[good.slice(0, 50), good.slice(50)]], rules).hints.length, 1)
  for (const [text, code] of table) assert.deepEqual(readAnswer([[text]], rules), { hints: [], refused: { [code]: 1 } }, text)
})

test('without a key a signature means nothing, but an expiry still counts', () => {
  const rules = { ...publicNet, publicKey: undefined, verify, now: NOW }
  assert.equal(readAnswer([[signSeedRecord('8.8.8.8:2080', NOW + 1000, other.sign)]], rules).hints.length, 1)
  assert.deepEqual(readAnswer([[signSeedRecord('8.8.8.8:2080', NOW - 1000, other.sign)]], rules).refused, { RECORD_EXPIRED: 1 })
})

test('an answer is read up to 64 records and 4 KiB; the rest is counted, not looked at', () => {
  const rules = { ...publicNet, publicKey: undefined, verify, now: NOW }
  const many = readAnswer(Array.from({ length: 10_000 }, (_, i) => [`8.8.${i >> 8 & 255}.${i & 255}:2080`]), rules)
  assert.equal(many.hints.length, DNS_ANSWER_LIMITS.records)
  assert.deepEqual(many.refused, { LENGTH_LIMIT: 10_000 - 64 })
  const wide = readAnswer([['8.8.8.8:1'], Array.from({ length: 255 }, () => 'x'.repeat(255)), ['8.8.4.4:1']], rules)
  assert.deepEqual([wide.hints.length, wide.refused], [1, { LENGTH_LIMIT: 2 }])
})

test('a seed is a name, or a key in either spelling and a name', () => {
  assert.deepEqual(parseDnsSeed('Peers.Testnet.TOS.network.'), { name: 'peers.testnet.tos.network', publicKey: undefined })
  for (const text of [`${toHex(key.publicKey)}@_dnsaddr.example.org`, `${peer}@_dnsaddr.example.org`]) {
    const seed = parseDnsSeed(text)
    assert.deepEqual([seed.name, toHex(seed.publicKey ?? new Uint8Array())], ['_dnsaddr.example.org', toHex(key.publicKey)])
  }
  for (const text of ['', 'a..b', '-a.org', 'a b', '@a.org', 'key@a.org', `${'a'.repeat(64)}.org`, `${'a.'.repeat(128)}`, '*.org', 'a.org/x']) assert.equal(codeOf(() => parseDnsSeed(text)), 'CONFIG_INVALID', text)
})
