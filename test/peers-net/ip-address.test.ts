import assert from 'node:assert/strict'
import { BlockList, SocketAddress } from 'node:net'
import { describe, it } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { formatIp, groupKey, inRange, ipOf, isLocalIp, isPublicIp, parseIp, parseRange, prefixKey } from '../../src/peers/net/index.ts'
import type { IpAddress } from '../../src/peers/net/index.ts'

const ip = (text: string): IpAddress => parseIp(text) ?? assert.fail(`${text} is no address`)
const canonical = (words: readonly number[]): string => new SocketAddress({ address: words.map(word => word.toString(16)).join(':'), family: 'ipv6' }).address
const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map(bytes => bytes.join('.'))
/** Half of the words are zero, so that all places of `::` occur; 4000::/3 holds no form of IPv4. */
const ipv6 = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 7, maxLength: 7 }).map(words => [0x4001].concat(words))

describe('reading addresses', () => {
  it('reads IPv4 text back to the same text', () => {
    fc.assert(fc.property(ipv4, text => { assert.equal(formatIp(ip(text)), text) }))
  })

  it('reads every spelling of an IPv6 address to the same bytes', () => {
    fc.assert(fc.property(ipv6, words => {
      const bytes = Uint8Array.from(words.flatMap(word => [word >> 8, word & 0xff]))
      const tail = `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`
      const spellings = [canonical(words), words.map(word => word.toString(16).padStart(4, '0').toUpperCase()).join(':'), `${words.slice(0, 6).map(word => word.toString(16)).join(':')}:${tail}`]
      for (const text of spellings) assert.deepEqual(parseIp(text), { version: 6, bytes }, text)
      assert.equal(formatIp(ip(spellings[1] as string)), canonical(words))
    }))
  })

  it('writes IPv6 as the URL parser does, wherever its zeros lie', () => {
    const words = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
    fc.assert(fc.property(words, words => {
      const bytes = Uint8Array.from(words.flatMap(word => [word >> 8, word & 0xff]))
      assert.equal(formatIp({ version: 6, bytes }), new URL(`http://[${words.map(word => word.toString(16)).join(':')}]`).hostname.slice(1, -1))
    }), { numRuns: 500 })
  })

  it('reduces each IPv6 form of an IPv4 address to it', () => {
    for (const text of ['::ffff:203.0.113.9', '::FFFF:cb00:7109', '2002:cb00:7109::1', '2002:cb00:7109:5:6:7:8:9', '2001:0:1:2:3:4:34ff:8ef6', '64:ff9b::203.0.113.9']) {
      assert.deepEqual(parseIp(text), { version: 4, bytes: Uint8Array.of(203, 0, 113, 9) }, text)
    }
    for (const text of ['::203.0.113.9', '64:ff9b:1::203.0.113.9', '2001:1::34ff:8ef6', '::ffff:0:203.0.113.9', '64:ff9b::1:203.0.113.9']) assert.equal(ip(text).version, 6, text)
  })

  it('refuses what is no address', () => {
    for (const text of ['', '1.2.3', '01.2.3.4', '1.2.3.256', '1.2.3.4 ', '0x1.2.3.4', ':::', '1::2::3', 'fe80::1%lo', '[::1]', '::1/64', '12345::', 'localhost', '1.2.3.4:80']) {
      assert.equal(parseIp(text), undefined, text)
    }
  })

  it('takes the address of a multiaddr, and none of names and relayed peers', () => {
    assert.deepEqual(ipOf('/ip4/203.0.113.9/tcp/2080/p2p/QmX'), ip('203.0.113.9'))
    assert.deepEqual(ipOf('/ip6/2606:4700::1/udp/1/quic-v1'), ip('2606:4700::1'))
    assert.deepEqual(ipOf('/ip6/::ffff:203.0.113.9/tcp/1'), ip('203.0.113.9'))
    assert.deepEqual(ipOf('/ip6zone/eth0/ip6/fe80::1/tcp/1'), ip('fe80::1'))
    for (const text of ['', '/', '/ip4', '/dns4/a.example/tcp/1', '/ip4/203.0.113.9/tcp/1/p2p/QmR/p2p-circuit/p2p/QmX', '/ip6/203.0.113.9', '/ip4/::1', 'ip4/1.2.3.4', '/unix/ip4/1.2.3.4']) {
      assert.equal(ipOf(text), undefined, text)
    }
  })
})

describe('ranges and prefixes', () => {
  it('judges ranges as the platform does', () => {
    const range = fc.oneof(fc.tuple(ipv4, fc.nat(32)), fc.tuple(ipv6.map(canonical), fc.nat(128)))
    fc.assert(fc.property(range, fc.nat(), ([base, bits], flip) => {
      const family = base.includes(':') ? 'ipv6' : 'ipv4'
      const list = new BlockList()
      list.addSubnet(base, bits, family)
      const bytes = Uint8Array.from(ip(base).bytes)
      const at = flip % (bytes.length * 8)
      bytes[at >> 3] = (bytes[at >> 3] as number) ^ 0x80 >> (at & 7)
      const other = { version: ip(base).version, bytes }
      assert.equal(inRange(other, parseRange(`${base}/${bits}`)), list.check(formatIp(other), family))
      assert.equal(prefixKey(other, bits) === prefixKey(ip(base), bits), at >= bits)
    }))
  })

  it('writes prefixes in their shortest form', () => {
    assert.equal(prefixKey(ip('203.0.113.77'), 24), '203.0.113.0/24')
    assert.equal(prefixKey(ip('203.0.113.77'), 64), '203.0.113.77/32')
    assert.equal(prefixKey(ip('2001:db8:0:f::1'), 64), '2001:db8:0:f::/64')
    assert.equal(prefixKey(ip('2001:db8:0:f::1'), 60), '2001:db8::/60')
    assert.equal(groupKey(ip('203.0.113.77')), '203.0.0.0/16')
    assert.equal(groupKey(ip('2001:db8:1:2::3')), '2001:db8::/32')
    assert.equal(groupKey(ip('::ffff:203.0.113.77')), '203.0.0.0/16')
  })

  it('names the group of an address by its prefix', () => {
    const byte = fc.oneof(fc.constant(0), fc.nat(255))
    const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.array(byte, { minLength: length, maxLength: length }).map(list => Uint8Array.from(list))
    fc.assert(fc.property(bytesOf(4), bytesOf(16), (four, sixteen) => {
      assert.equal(groupKey({ version: 4, bytes: four }), prefixKey({ version: 4, bytes: four }, 16))
      assert.equal(groupKey({ version: 6, bytes: sixteen }), prefixKey({ version: 6, bytes: sixteen }, 32))
    }), { numRuns: 500 })
  })

  it('refuses malformed ranges, and IPv6 forms of IPv4 that could match nothing', () => {
    for (const text of ['', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/8/8', '::/129', '1.2.3.4/-1', '1.2.3.4/1e1', 'a/8', '::ffff:10.0.0.0/104', '2002::/16', '2001::/32', '64:ff9b::/96']) {
      assert.throws(() => parseRange(text), { code: 'CONFIG_INVALID' }, text)
    }
    for (const text of ['::/0', '2000::/3', '2001::/23', '10.0.0.0/8', '2001:db8::1']) assert.doesNotThrow(() => parseRange(text), text)
  })
})

describe('public addresses', () => {
  it('follows the IANA special-purpose registries at both edges of each range', () => {
    const none = ['0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255', '127.0.0.1', '169.254.0.0', '169.254.255.255', '172.16.0.0', '172.31.255.255',
      '192.0.0.0', '192.0.0.8', '192.0.0.11', '192.0.0.255', '192.0.2.0', '192.0.2.255', '192.88.99.1', '192.168.0.0', '192.168.255.255', '198.18.0.0', '198.19.255.255', '198.51.100.0',
      '203.0.113.255', '224.0.0.1', '239.255.255.255', '240.0.0.0', '255.255.255.255',
      '::', '::1', '::2', '::ffff:10.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b:1::8.8.8.8', '100::1', '100:0:0:1::1', '1fff:ffff::1', '2001:1::', '2001:2::1', '2001:1ff:ffff::1', '2001:db8::1',
      '2002:0a00:1::1', '2001:0:1::f5ff:fffe', '3fff::1', '3fff:fff:ffff::1', '4000::1', '5f00::1', 'fc00::1', 'fdff::1', 'fe80::1', 'fec0::1', 'ff02::1']
    const all = ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0',
      '192.0.0.9', '192.0.0.10', '192.0.1.0', '192.0.3.0', '192.31.196.1', '192.52.193.1', '192.88.98.255', '192.88.100.0', '192.167.255.255', '192.169.0.0', '192.175.48.1', '198.17.255.255',
      '198.20.0.0', '198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:0808:808::1', '2001:0:1::f7f7:f7f7',
      '2000::1', '2001:1::1', '2001:1::3', '2001:3::1', '2001:4:112::1', '2001:20::1', '2001:3f:ffff::1', '2001:200::1', '2001:db7::1', '2001:db9::1', '2620:4f:8000::1', '2606:4700::1',
      '3ffe:ffff::1', '3fff:1000::1']
    for (const text of none) assert.equal(isPublicIp(ip(text)), false, text)
    for (const text of all) assert.equal(isPublicIp(ip(text)), true, text)
  })

  it('calls only addresses of one machine or site local', () => {
    for (const text of ['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.1.1', '::1', 'fd00::1', 'fe80::1', '::ffff:127.0.0.1']) assert.equal(isLocalIp(ip(text)), true, text)
    for (const text of ['100.64.0.1', '0.0.0.0', '203.0.113.1', '8.8.8.8', '::', '2001:db8::1', 'ff02::1']) assert.equal(isLocalIp(ip(text)), false, text)
  })
})
